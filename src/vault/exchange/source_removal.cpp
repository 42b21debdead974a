#include "vault/exchange/source_removal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/atomic_file.h"
#include "base/file_descriptor.h"
#include "base/wiping.h"
#include "crypto/constant_time.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view suffix = ".latchkey-deleting";
constexpr std::size_t removal_piece = std::size_t{64} << 10;

tl::unexpected<Error> fail_errno(int error) {
  if (error == ENOENT) return fail(Code::not_found, "source file");
  if (error == EACCES || error == EPERM || error == EROFS || error == ELOOP)
    return fail(Code::permission_denied, "source file");
  return fail(Code::storage_failed, "source file, errno " + std::to_string(error));
}

int open_to_remove(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

// Another name of the same file would lose its contents, too.
Result<struct stat> check_kind(const FileDescriptor& fd) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno(errno);
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1 || info.st_uid != ::geteuid())
    return fail(Code::conflict, "the source is not a plain file of this user with one name");
  return info;
}

Status check_contents(const FileDescriptor& fd, const struct stat& info, ByteView contents) {
  bool same = std::cmp_equal(info.st_size, contents.size());
  WipedBytes piece(removal_piece);
  for (std::size_t at = 0; same && at < contents.size();) {
    const ssize_t got =
        ::pread(fd.get(), piece.data(), std::min(removal_piece, contents.size() - at), static_cast<off_t>(at));
    if (got < 0) return fail_errno(errno);
    const auto size = static_cast<std::size_t>(got);
    same = size != 0 && crypto::equal(ByteView(piece).first(size), contents.subspan(at, size));
    at += size;
  }
  return same ? Status() : fail(Code::conflict, "the source was changed since it was read");
}

Status overwrite(const FileDescriptor& fd, off_t size) {
  const Bytes zeroes(removal_piece);
  for (off_t at = 0; at < size;) {
    const auto want = std::min(removal_piece, static_cast<std::size_t>(size - at));
    const ssize_t put = ::pwrite(fd.get(), zeroes.data(), want, at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno(errno);
    at += put;
  }
  return ::fsync(fd.get()) == 0 ? Status() : fail_errno(errno);
}

std::filesystem::path doomed_name(const std::filesystem::path& path) { return path.string() + std::string(suffix); }

Status erase(const std::filesystem::path& doomed, const FileDescriptor& fd, const OnRemovalStep& on_step) {
  TRY(const struct stat info, check_kind(fd));
  TRY_DO(overwrite(fd, info.st_size));
  if (on_step) on_step(RemovalStep::overwritten);
  if (::unlink(doomed.c_str()) != 0) return fail_errno(errno);
  TRY_DO(sync_folder(doomed.parent_path()));
  if (on_step) on_step(RemovalStep::unlinked);
  return {};
}

bool is_file_at(const std::filesystem::path& path, const struct stat& info) {
  struct stat there{};
  return ::lstat(path.c_str(), &there) == 0 && there.st_dev == info.st_dev && there.st_ino == info.st_ino;
}

}  // namespace

Status remove_source(const std::filesystem::path& path, ByteView contents, const OnRemovalStep& on_step) {
  const FileDescriptor fd(open_to_remove(path));
  if (fd.get() < 0) return fail_errno(errno);
  TRY(const struct stat info, check_kind(fd));
  TRY_DO(check_contents(fd, info, contents));
  const std::filesystem::path doomed = doomed_name(path);
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, doomed.c_str(), RENAME_NOREPLACE) != 0) return fail_errno(errno);
  // Somebody may have put another file there, or written to this one, a moment ago.
  if (!is_file_at(doomed, info) || !check_contents(fd, info, contents)) {
    ::renameat2(AT_FDCWD, doomed.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
    return fail(Code::conflict, "the source was changed since it was read");
  }
  TRY_DO(sync_folder(path.parent_path()));
  if (on_step) on_step(RemovalStep::renamed);
  return erase(doomed, fd, on_step);
}

Result<bool> finish_removal(const std::filesystem::path& path, const OnRemovalStep& on_step) {
  const std::filesystem::path doomed = doomed_name(path);
  const FileDescriptor fd(open_to_remove(doomed));
  if (fd.get() < 0 && errno == ENOENT) return false;
  if (fd.get() < 0) return fail_errno(errno);
  TRY_DO(erase(doomed, fd, on_step));
  return true;
}

}  // namespace latchkey::vault
