#include "protocol/release/tree.h"

#include <algorithm>
#include <unordered_set>

#include "protocol/limits.h"
#include "protocol/release/bundle_path.h"
#include "protocol/unicode_text.h"

namespace latchkey::protocol::release {
namespace {

constexpr std::string_view domain{"latchkey tree v1\0", 17};

Result<std::uint64_t> add_up(const std::vector<FileEntry>& files) {
  if (files.empty()) return fail(Code::invalid_format, "a bundle has one file at least");
  if (files.size() > limits::bundle_files) return fail(Code::input_too_large, "too many files");
  std::uint64_t bytes = 0;
  for (const FileEntry& file : files) {
    if (file.size > limits::bundle_bytes - bytes) return fail(Code::input_too_large, "too many bytes");
    bytes += file.size;
  }
  return bytes;
}

// Case-insensitive file systems see the folded paths: no two alike, and no file where another has a folder.
Status check_folded(const std::vector<FileEntry>& files) {
  std::unordered_set<std::string> folded;
  folded.reserve(files.size());
  for (const FileEntry& file : files)
    if (!folded.insert(fold_case(file.path)).second) return fail(Code::invalid_format, "two paths differ in case only");
  for (const std::string& path : folded)
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (folded.contains(path.substr(0, slash)))
        return fail(Code::invalid_format, "one path is both a file and a folder");
  return {};
}

TreeRoot hash(const std::vector<FileEntry>& files) {
  crypto::Sha256 hash;
  hash.update(as_bytes(domain));
  Bytes head;
  append_be(head, static_cast<std::uint32_t>(files.size()));
  for (const FileEntry& file : files) {
    append_be(head, static_cast<std::uint16_t>(file.path.size()));
    append(head, as_bytes(file.path));
    append_be(head, file.size);
    append(head, file.sha256);
  }
  hash.update(head);
  return hash.finish();
}

bool by_path(const FileEntry& a, const FileEntry& b) { return a.path < b.path; }

}  // namespace

Result<Tree> Tree::create(std::vector<FileEntry> files) {
  Tree tree;
  TRY(tree.bytes_, add_up(files));
  for (const FileEntry& file : files) TRY_DO(check_bundle_path(file.path));
  TRY_DO(check_folded(files));
  std::sort(files.begin(), files.end(), by_path);
  tree.files_ = std::move(files);
  tree.root_ = hash(tree.files_);
  return tree;
}

const FileEntry* Tree::find(std::string_view path) const {
  const auto at = std::lower_bound(files_.begin(), files_.end(), path,
                                   [](const FileEntry& file, std::string_view wanted) { return file.path < wanted; });
  return at != files_.end() && at->path == path ? &*at : nullptr;
}

}  // namespace latchkey::protocol::release
