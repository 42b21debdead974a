#include "update/vfses/posix_vfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "base/atomic_file.h"
#include "base/file_lock.h"

namespace latchkey::update {
namespace {

tl::unexpected<Error> fail_errno() {
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return fail(Code::not_found, "no such file");
    case ENOSPC:
    case EDQUOT:
      return fail(Code::storage_full, "file");
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
      return fail(Code::permission_denied, "file");
    default:
      return fail(Code::storage_failed, "file, errno " + std::to_string(errno));
  }
}

template <class Call>
auto repeat_interrupted(const Call& call) {
  auto answer = call();
  while (answer < 0 && errno == EINTR) answer = call();
  return answer;
}

Status sync(int fd) {
#ifdef F_FULLFSYNC
  if (::fcntl(fd, F_FULLFSYNC) == 0) return {};
#endif
  if (repeat_interrupted([fd] { return ::fsync(fd); }) != 0) return fail_errno();
  return {};
}

class PosixFile final : public File {
 public:
  explicit PosixFile(int fd) : fd_(fd) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<std::uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_, &info) != 0) return fail_errno();
    if (!S_ISREG(info.st_mode)) return fail(Code::storage_failed, "not a regular file");
    return static_cast<std::uint64_t>(info.st_size);
  }
  Result<std::size_t> read(std::uint64_t offset, MutableBytes to) override {
    std::size_t filled = 0;
    while (filled < to.size()) {
      const auto got = repeat_interrupted(
          [&] { return ::pread(fd_, to.data() + filled, to.size() - filled, static_cast<off_t>(offset + filled)); });
      if (got < 0) return fail_errno();
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return filled;
  }
  Status write(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const auto written =
          repeat_interrupted([&] { return ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (written < 0) return fail_errno();
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
  Status truncate(std::uint64_t size) override {
    if (repeat_interrupted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0) return fail_errno();
    return {};
  }
  Status sync() override { return update::sync(fd_); }
  // Also allots the blocks, so that the first sync()'s commit of the journal is that of all files.
  void start_sync() override {
#ifdef __linux__
    (void)::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
  }

 private:
  int fd_;
};

constexpr std::size_t largest_note = 64;  // what `lock` holds: a number and a name of 15 characters

std::string own_program() {
#ifdef __GLIBC__
  return std::string(program_invocation_short_name).substr(0, 15);
#else
  return {};
#endif
}

std::optional<LockOwner> parse_owner(std::string_view note) {
  LockOwner owner;
  const auto [end, error] = std::from_chars(note.data(), note.data() + note.size(), owner.pid);
  if (error != std::errc() || owner.pid == 0) return std::nullopt;
  note.remove_prefix(static_cast<std::size_t>(end - note.data()));
  if (note.starts_with(' ')) note.remove_prefix(1);
  for (const char c : note.substr(0, note.find('\n')))
    if (c >= ' ' && c <= '~') owner.program += c;
  return owner;
}

struct FlockedFolder final : FolderLock {
  explicit FlockedFolder(FileLock taken) : lock(std::move(taken)) {}
  FileLock lock;
};

class PosixVfs final : public Vfs {
 public:
  explicit PosixVfs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = (mode == OpenMode::read ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW;
    if (mode == OpenMode::create) flags |= O_CREAT;
    const int fd = repeat_interrupted([&] { return ::open(at(path).c_str(), flags, 0600); });
    if (fd < 0) return fail_errno();
    return std::make_unique<PosixFile>(fd);
  }
  Result<std::optional<std::uint64_t>> size_of(const std::string& path) override {
    struct stat info{};
    if (::lstat(at(path).c_str(), &info) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      return fail_errno();
    }
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(info.st_size);
  }
  Status make_folder(const std::string& path) override {
    if (::mkdir(at(path).c_str(), 0700) != 0 && errno != EEXIST) return fail_errno();
    return {};
  }
  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(at(from).c_str(), at(to).c_str()) != 0) return fail_errno();
    return {};
  }
  Status remove(const std::string& path) override {
    const std::string name = at(path);
    if (::unlink(name.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return fail_errno();
    if (::rmdir(name.c_str()) != 0 && errno != ENOENT) return fail_errno();
    return {};
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    DIR* const dir = ::opendir(at(folder).c_str());
    if (dir == nullptr && errno == ENOENT) return names;
    if (dir == nullptr) return fail_errno();
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const bool is_whole = errno == 0;
    ::closedir(dir);
    if (!is_whole) return fail(Code::storage_failed, "folder");
    std::ranges::sort(names);
    return names;
  }
  Status sync_folder(const std::string& folder) override {
    const int fd = repeat_interrupted([&] { return ::open(at(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return fail_errno();
    const Status synced = sync(fd);
    ::close(fd);
    return synced;
  }
  Result<std::uint64_t> free_bytes() override {
    struct statvfs info{};
    if (::statvfs(folder_.c_str(), &info) != 0) return fail_errno();
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
  Result<std::unique_ptr<FolderLock>> lock() override {
    TRY(FileLock taken, FileLock::acquire(folder_ / "lock", std::chrono::milliseconds(0), {}));
    note_owner();
    return std::make_unique<FlockedFolder>(std::move(taken));
  }
  std::optional<LockOwner> find_lock_owner() override {
    const auto bytes = read_whole(*this, "lock", largest_note);
    return bytes ? parse_owner(as_text(*bytes)) : std::nullopt;
  }

 private:
  // Only for people who find the folder taken, so a disk that refuses is no reason not to go on.
  void note_owner() {
    const auto file = open("lock", OpenMode::write);
    const std::string note = std::to_string(::getpid()) + " " + own_program() + "\n";
    if (file && (*file)->truncate(0)) (void)(*file)->write(0, as_bytes(note));
  }

  std::string at(const std::string& path) const { return path.empty() ? folder_.string() : (folder_ / path).string(); }

  std::filesystem::path folder_;
};

}  // namespace

Result<std::unique_ptr<File>> open_posix_file(const std::filesystem::path& file) {
  const int fd = repeat_interrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); });
  if (fd < 0) return fail_errno();
  return std::make_unique<PosixFile>(fd);
}

Result<std::unique_ptr<Vfs>> open_posix_vfs(const std::filesystem::path& folder) {
  TRY_DO(create_private_folder(folder));
  return std::make_unique<PosixVfs>(folder);
}

}  // namespace latchkey::update
