// Links: base crypto protocol
// Paths of bundles: whatever is accepted stays below its folder on every system, folds to something accepted, and makes
// trees of which no two files are one.
#include "protocol/limits.h"
#include "protocol/release/bundle_path.h"
#include "protocol/release/tree.h"
#include "protocol/unicode_text.h"
#include "protocol/utf8.h"
#include "tests/fuzz/property.h"

using latchkey::fuzz::holds;
namespace release = latchkey::protocol::release;

namespace {

void check_path(std::string_view path) {
  if (!release::check_bundle_path(path)) return;
  holds(!path.empty() && path.size() <= latchkey::protocol::limits::bundle_path_bytes, "bounded");
  holds(latchkey::protocol::utf8::is_valid(path), "UTF-8");
  holds(path.find_first_of(std::string_view("\0\\:*?\"<>|\n\r\x7F", 12)) == path.npos, "no special character");
  const std::string framed = "/" + std::string(path) + "/";
  for (const char* part : {"//", "/./", "/../", "./", " /"}) holds(framed.find(part) == framed.npos, "no special part");
  const std::string folded = latchkey::protocol::fold_case(path);
  holds(!folded.empty() && latchkey::protocol::fold_case(folded) == folded, "folding settles");
}

// A line each is a path.
void check_tree(std::string_view text) {
  std::vector<release::FileEntry> files;
  for (std::size_t at = 0; at <= text.size() && files.size() < 64;) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    files.push_back({std::string(text.substr(at, end - at)), end - at, {}});
    at = end + 1;
  }
  const auto tree = release::Tree::create(files);
  if (!tree) return;
  holds(tree->files().size() == files.size(), "every file is in it");
  for (const auto& file : files) holds(tree->find(file.path) != nullptr, "and found");
  for (std::size_t i = 1; i < tree->files().size(); ++i)
    holds(tree->files()[i - 1].path < tree->files()[i].path, "sorted, none twice");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  check_path(text);
  check_tree(text);
  return 0;
}
