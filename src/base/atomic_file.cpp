#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace latchkey {
namespace {

tl::unexpected<Error> fail_errno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return fail(Code::not_found, "no such file");
    case EEXIST:
      return fail(Code::already_exists, "the file exists");
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(Code::permission_denied, "file");
    case ENOSPC:
    case EDQUOT:
      return fail(Code::storage_full, "file");
    case ELOOP:
      return fail(Code::permission_denied, "the file is a symbolic link");
    default:
      return fail(Code::storage_failed, "file, errno " + std::to_string(error));
  }
}

Status write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  std::uint64_t random = 0;
  [[maybe_unused]] const auto got = getrandom(&random, sizeof random, 0);  // only for uniqueness; O_EXCL decides
  return path.string() + "." + std::to_string(random) + ".tmp";
}

Status write_new(const std::filesystem::path& temporary, ByteView contents) {
  FileDescriptor fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0) return fail_errno(errno);
  TRY_DO(write_all(fd.get(), contents));
  if (fsync(fd.get()) != 0 || fd.close() != 0) return fail_errno(errno);
  return {};
}

// `publish` moves the finished temporary file into place; 0 on success.
template <class Publish>
Status write_then(const std::filesystem::path& path, ByteView contents, Publish publish) {
  const std::filesystem::path temporary = temporary_beside(path);
  Status done = write_new(temporary, contents);
  if (done && publish(temporary.c_str(), path.c_str()) != 0) done = fail_errno(errno);
  unlink(temporary.c_str());  // gone already after a rename
  TRY_DO(std::move(done));
  return sync_folder(path.parent_path());
}

}  // namespace

Result<WipedBytes> read_file(const std::filesystem::path& path, std::size_t max_size) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) return fail_errno(errno);
  struct stat info{};
  if (fstat(fd.get(), &info) != 0) return fail_errno(errno);
  if (!S_ISREG(info.st_mode)) return fail(Code::invalid_argument, "not a regular file");
  if (std::cmp_greater(info.st_size, max_size)) return fail(Code::input_too_large, "file");
  WipedBytes bytes(static_cast<std::size_t>(info.st_size));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno);
    if (got == 0) break;  // shortened while we read
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Status write_file_atomically(const std::filesystem::path& path, ByteView contents) {
  return write_then(path, contents, [](const char* from, const char* to) { return rename(from, to); });
}

Status create_file_atomically(const std::filesystem::path& path, ByteView contents) {
  return write_then(path, contents, [](const char* from, const char* to) { return link(from, to); });
}

Status sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor fd(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || fsync(fd.get()) != 0) return fail_errno(errno);
  return {};
}

NewFile::NewFile(std::filesystem::path path, std::filesystem::path temporary, FileDescriptor file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

NewFile::~NewFile() {
  if (file_.is_open()) unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::filesystem::path& path) {
  std::filesystem::path temporary = temporary_beside(path);
  FileDescriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return fail_errno(errno);
  return NewFile(path, std::move(temporary), std::move(file));
}

Status NewFile::write(ByteView piece) { return write_all(file_.get(), piece); }

Status NewFile::commit_new() {
  if (fsync(file_.get()) != 0) return fail_errno(errno);
  if (link(temporary_.c_str(), path_.c_str()) != 0) return fail_errno(errno);
  return sync_folder(path_.parent_path());
}

Status create_private_folder(const std::filesystem::path& folder) {
  if (folder.empty() || mkdir(folder.c_str(), 0700) == 0) return {};
  if (errno == ENOENT) {
    TRY_DO(create_private_folder(folder.parent_path()));
    if (mkdir(folder.c_str(), 0700) == 0) return {};
  }
  if (errno != EEXIST) return fail_errno(errno);
  struct stat info{};
  if (stat(folder.c_str(), &info) != 0) return fail_errno(errno);
  return S_ISDIR(info.st_mode) ? Status{} : fail(Code::already_exists, "a file is where the folder should be");
}

}  // namespace latchkey
