// The files of one bundle and the one hash that names them all. A tree root is what a release signs: whoever rebuilds
// the files on a device, by whatever way, compares it. Format: docs/formats/release-v1.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/digest.h"

namespace latchkey::protocol::release {

using TreeRoot = crypto::Sha256Digest;

struct FileEntry {
  std::string path;
  std::uint64_t size = 0;
  crypto::Sha256Digest sha256{};  // of the contents

  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

// A checked list of files: every path is a bundle path, no two are one file on a file system that ignores case, none
// lies below another file, and the totals keep limits::bundle_files and limits::bundle_bytes. Immutable.
class Tree final {
 public:
  // In any order. Fails: invalid_format (no files; the first broken rule as detail), input_too_large.
  static Result<Tree> create(std::vector<FileEntry> files);

  // Sorted bytewise by path.
  const std::vector<FileEntry>& files() const { return files_; }
  // SHA256("latchkey tree v1\0" | u32be count | per file: u16be path length | path | u64be size | SHA256(content)).
  const TreeRoot& root() const { return root_; }
  std::uint64_t bytes() const { return bytes_; }
  const FileEntry* find(std::string_view path) const;  // null when there is none

 private:
  Tree() = default;
  std::vector<FileEntry> files_;
  TreeRoot root_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace latchkey::protocol::release
