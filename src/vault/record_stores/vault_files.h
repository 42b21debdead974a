// The vault file and what lies beside it, as files: which one is there, how it is published, how it goes. Inside
// record_stores only.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace latchkey::vault {

struct FileId {
  dev_t device;
  ino_t number;
  friend bool operator==(const FileId&, const FileId&) = default;
};

// Which file is at the path. Does not open it: closing it again would drop the locks SQLite holds on it (POSIX locks
// belong to the process). Fails: not_found, vault_corrupted (of no bytes), invalid_argument (no regular file).
Result<FileId> identify(const std::filesystem::path& file);

// Notices cheaply (one fstat, no walk along the path) that the file was removed or another renamed over it; not that it
// was moved away, which identify() tells. Takes no part in the locks of the file.
class FileWatch final {
 public:
  // Fails as identify().
  static Result<FileWatch> open(const std::filesystem::path& file);
  bool has_name() const;
  const FileId& id() const { return id_; }

 private:
  FileWatch(FileDescriptor handle, FileId id) : handle_(std::move(handle)), id_(id) {}
  FileDescriptor handle_;
  FileId id_;
};

// Whether this user may use it: the file and its folder, where SQLite keeps the log. Fails: permission_denied.
Status check_may_write(const std::filesystem::path& file);

// A log or a journal beside a missing file would be applied to the next one of that name.
bool is_anything_left_of(const std::filesystem::path& file);

// A name beside `file` for one that is being made.
std::filesystem::path new_draft_of(const std::filesystem::path& file);
// Gives a complete draft its name; never replaces. A crash leaves the whole file or none. Fails: already_exists.
Status publish(const std::filesystem::path& draft, const std::filesystem::path& file);
// Removes a draft and what SQLite had beside it.
void remove_draft(const std::filesystem::path& draft);
// And those that killed processes left.
void remove_drafts_of(const std::filesystem::path& file);

// Overwrites and removes the file and its log; what is there of it opens no more as soon as this has begun.
Status destroy_files_of(const std::filesystem::path& file);

std::filesystem::path log_of(const std::filesystem::path& file);

}  // namespace latchkey::vault
