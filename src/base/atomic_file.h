// Whole-file reads and writes that a crash cannot tear: a reader sees the old contents or the new, never a mixture.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/file_descriptor.h"
#include "base/result.h"
#include "base/wiping.h"

namespace latchkey {

// Reads a regular file of at most `max_size` bytes; symbolic links are not followed. Fails: not_found, input_too_large,
// permission_denied, storage_failed. The buffer is wiped when it goes.
Result<WipedBytes> read_file(const std::filesystem::path& path, std::size_t max_size);

// Writes beside `path`, fsyncs, renames over it and fsyncs the folder; when it returns the contents are durable. Mode
// 0600. Fails: permission_denied, storage_full, storage_failed; then the old contents stand.
Status write_file_atomically(const std::filesystem::path& path, ByteView contents);

// The same, but only if nothing is there yet. Fails also: already_exists.
Status create_file_atomically(const std::filesystem::path& path, ByteView contents);

// Whole-file writing in pieces, for what is too large to hold: nothing is at `path` before commit(), and nothing stays
// when it goes without one. Not thread-safe. Fails everywhere: permission_denied, storage_full, storage_failed.
class NewFile final {
 public:
  static Result<NewFile> create(const std::filesystem::path& path);
  ~NewFile();
  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;

  Status write(ByteView piece);
  // Durable when it returns, unless something is at `path`. Fails also: already_exists.
  Status commit_new();

 private:
  NewFile(std::filesystem::path path, std::filesystem::path temporary, FileDescriptor file);
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  FileDescriptor file_;
};

// What was made, renamed or removed in `folder` (empty: the current one) is durable when it returns. Fails: not_found,
// permission_denied, storage_full, storage_failed.
Status sync_folder(const std::filesystem::path& folder);

// Makes `folder` and its missing parents with mode 0700. Fails: permission_denied, storage_failed.
Status create_private_folder(const std::filesystem::path& folder);

}  // namespace latchkey
