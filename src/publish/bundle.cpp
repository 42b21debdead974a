#include "publish/bundle.h"

#include <algorithm>

namespace latchkey::publish {

Result<Bundle> Bundle::create(std::vector<BundleFile> files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  std::vector<release::FileEntry> entries;
  entries.reserve(files.size());
  for (const BundleFile& file : files)
    entries.push_back({file.path, file.content.size(), crypto::sha256(file.content)});
  TRY(release::Tree tree, release::Tree::create(std::move(entries)));
  return Bundle(std::move(files), std::move(tree));
}

}  // namespace latchkey::publish
