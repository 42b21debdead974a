#include "vault/record_stores/vault_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "crypto/random.h"

namespace latchkey::vault {
namespace {

namespace fs = std::filesystem;

constexpr const char* suffixes[] = {"-wal", "-shm", "-journal"};
constexpr std::string_view draft_mark = ".new-";

fs::path with_suffix(const fs::path& file, std::string_view suffix) { return fs::path(file).concat(suffix); }
fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

Error error_from_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {Code::not_found, "no vault"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {Code::permission_denied, "vault file"};
    case ENOSPC:
    case EDQUOT:
      return {Code::storage_full, "vault file"};
    default:
      return {Code::storage_failed, "vault file"};
  }
}

Result<FileId> id_from(const struct stat& info) {
  if (!S_ISREG(info.st_mode)) return fail(Code::invalid_argument, "the vault's path is not a regular file");
  if (info.st_size == 0) return fail(Code::vault_corrupted, "the vault file is empty");
  return FileId{info.st_dev, info.st_ino};
}

bool is_anything_at(const fs::path& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 || errno != ENOENT;
}

Status unlink_file(const fs::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return tl::unexpected(error_from_errno(errno));
  return {};
}

// In place, so that what the file system does not copy on write is gone from the disk too. As far as it can be done:
// the file goes in any case.
void overwrite(const fs::path& file) {
  const FileDescriptor handle(::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (!handle.is_open() || ::fstat(handle.get(), &info) != 0 || !S_ISREG(info.st_mode)) return;
  const Bytes zeros(64 * 1024);
  for (off_t at = 0; at < info.st_size; at += static_cast<off_t>(zeros.size())) {
    const auto size = std::min(zeros.size(), static_cast<std::size_t>(info.st_size - at));
    if (::pwrite(handle.get(), zeros.data(), size, at) < 0) break;
  }
  static_cast<void>(::fsync(handle.get()));
}

}  // namespace

fs::path log_of(const fs::path& file) { return with_suffix(file, "-wal"); }

Result<FileId> identify(const fs::path& file) {
  struct stat info{};
  if (::lstat(file.c_str(), &info) != 0) return tl::unexpected(error_from_errno(errno));
  return id_from(info);
}

// O_PATH: closing any other kind of handle would drop SQLite's locks.
Result<FileWatch> FileWatch::open(const fs::path& file) {
  FileDescriptor handle(::open(file.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (!handle.is_open() || ::fstat(handle.get(), &info) != 0) return tl::unexpected(error_from_errno(errno));
  TRY(const FileId id, id_from(info));
  return FileWatch(std::move(handle), id);
}

bool FileWatch::has_name() const {
  struct stat info{};
  return ::fstat(handle_.get(), &info) == 0 && info.st_nlink != 0;
}

Status check_may_write(const fs::path& file) {
  if (::access(file.c_str(), R_OK | W_OK) != 0) return tl::unexpected(error_from_errno(errno));
  if (::access(folder_of(file).c_str(), W_OK | X_OK) != 0)
    return fail(Code::permission_denied, "the vault's folder cannot be written");
  return {};
}

bool is_anything_left_of(const fs::path& file) {
  return is_anything_at(file) || is_anything_at(with_suffix(file, "-wal")) ||
         is_anything_at(with_suffix(file, "-journal"));
}

fs::path new_draft_of(const fs::path& file) {
  return fs::path(file).concat(draft_mark).concat(to_hex(crypto::random_array<8>()));
}

Status publish(const fs::path& draft, const fs::path& file) {
  if (::link(draft.c_str(), file.c_str()) != 0) {
    const int error = errno;
    if (error == EEXIST || is_anything_at(file)) return fail(Code::already_exists, "vault file");
    return tl::unexpected(error_from_errno(error));
  }
  return sync_folder(folder_of(file));
}

void remove_draft(const fs::path& draft) {
  for (const char* suffix : suffixes) static_cast<void>(unlink_file(with_suffix(draft, suffix)));
  static_cast<void>(unlink_file(draft));
}

// Not overwritten: a draft whose maker was killed right after publishing it is the vault under a second name.
void remove_drafts_of(const fs::path& file) {
  const std::string beginning = file.filename().string().append(draft_mark);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_of(file), ignored))
    if (entry.path().filename().string().starts_with(beginning)) static_cast<void>(unlink_file(entry.path()));
}

// The file itself goes last: as long as anything is left there is something to destroy.
Status destroy_files_of(const fs::path& file) {
  overwrite(file);
  for (const char* suffix : suffixes) {
    overwrite(with_suffix(file, suffix));
    TRY_DO(unlink_file(with_suffix(file, suffix)));
  }
  remove_drafts_of(file);
  TRY_DO(unlink_file(file));
  return sync_folder(folder_of(file));
}

}  // namespace latchkey::vault
