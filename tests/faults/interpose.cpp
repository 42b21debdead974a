#include "tests/faults/interpose.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

namespace latchkey::faults {
namespace {

constexpr std::size_t max_descriptors = 1024;
constexpr std::size_t journal_capacity = std::size_t{64} << 20;

struct State {
  bool is_armed = false;
  std::string folder;
  Plan plan;
  std::uint64_t calls = 0;
  std::vector<CallKind> kinds;
  std::array<bool, max_descriptors> is_watched{};
};
State& state() {
  static State state;
  return state;
}

// Shared memory: how much of it is used, then the entries.
struct Journal {
  std::size_t used;
  std::uint64_t entries;
  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};
Journal* journal = nullptr;

bool is_below_folder(const char* path) {
  const std::string_view folder = state().folder;
  const std::string_view name = path;
  return state().is_armed && name.size() > folder.size() && name.starts_with(folder) && name[folder.size()] == '/';
}
bool is_in_folder(const char* path) {
  const std::string_view folder = state().folder;
  const std::string_view name = path;
  return state().is_armed && name.starts_with(folder) && (name.size() == folder.size() || name[folder.size()] == '/');
}
bool is_watched(int fd) {
  return state().is_armed && fd >= 0 && static_cast<std::size_t>(fd) < max_descriptors &&
         state().is_watched[static_cast<std::size_t>(fd)];
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

// What is to become of this call; kill_before has happened already. GLib speaks to the bus in a thread of its own.
Fault next_fault(CallKind kind) {
  static std::mutex one_at_a_time;
  const std::lock_guard hold(one_at_a_time);
  State& s = state();
  ++s.calls;
  s.kinds.push_back(kind);
  const bool is_due = s.plan.is_lasting ? s.calls >= s.plan.at : s.calls == s.plan.at;
  if (s.plan.at == 0 || !is_due) return Fault::none;
  if (s.plan.fault == Fault::kill_before) die();
  return s.plan.fault;
}

void note(Deed deed, std::uint64_t file, std::uint64_t offset, std::string_view name, std::string_view other,
          ByteView data) {
  if (journal == nullptr) return;
  const std::uint64_t head[] = {static_cast<std::uint64_t>(deed), file, offset, name.size(), other.size(), data.size()};
  const std::size_t size = sizeof(head) + name.size() + other.size() + data.size();
  if (journal->used + size > journal_capacity) std::abort();
  std::uint8_t* to = journal->bytes() + journal->used;
  const auto put = [&to](const void* from, std::size_t count) {
    if (count != 0) std::memcpy(to, from, count);
    to += count;
  };
  put(head, sizeof(head));
  put(name.data(), name.size());
  put(other.data(), other.size());
  put(data.data(), data.size());
  journal->used += size;
  ++journal->entries;
}

std::uint64_t inode_of(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
}
std::uint64_t inode_of(const char* path) {
  struct stat info{};
  return ::lstat(path, &info) == 0 ? info.st_ino : 0;
}
std::string_view name_in_folder(const char* path) {
  const std::string_view text = path;
  return text.substr(text.rfind('/') + 1);
}

// `call` does the work, `record` notes it when it has succeeded.
template <class Call, class Record>
auto intercept(CallKind kind, const Call& call, const Record& record) -> decltype(call()) {
  const Fault fault = next_fault(kind);
  if (fault == Fault::kill_half) die();
  if (fault == Fault::fail) return errno = state().plan.error, -1;
  const auto answer = call();
  const int error = errno;
  if (answer >= 0) record(answer);
  if (fault == Fault::kill_after) die();
  errno = error;
  return answer;
}

int intercept_open(const char* path, int flags, mode_t mode) {
  const auto open = [&] { return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)); };
  if (!is_in_folder(path)) return open();
  bool is_new = (flags & O_CREAT) != 0;
  struct stat info{};
  if (is_new) is_new = ::lstat(path, &info) != 0;
  return intercept(CallKind::open, open, [&](int fd) {
    if (static_cast<std::size_t>(fd) < max_descriptors) state().is_watched[static_cast<std::size_t>(fd)] = true;
    if (is_new) note(Deed::create, inode_of(fd), 0, name_in_folder(path), {}, {});
  });
}

ssize_t intercept_write(int fd, const void* from, std::size_t size, off_t offset, bool is_at_offset) {
  const off_t at = is_at_offset ? offset : ::lseek(fd, 0, SEEK_CUR);
  const auto write = [&](std::size_t count) {
    return is_at_offset ? ::syscall(SYS_pwrite64, fd, from, count, offset) : ::syscall(SYS_write, fd, from, count);
  };
  const auto record = [&](ssize_t count) {
    note(Deed::write, inode_of(fd), static_cast<std::uint64_t>(at), {}, {},
         {static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(count)});
  };
  const Fault fault = next_fault(CallKind::write);
  if (fault == Fault::fail) return errno = state().plan.error, -1;
  const bool is_half = fault == Fault::kill_half || fault == Fault::shorten;
  const ssize_t written = write(is_half && size > 1 ? size / 2 : size);
  const int error = errno;
  if (written > 0) record(written);
  if (fault == Fault::kill_half || fault == Fault::kill_after) die();
  errno = error;
  return written;
}

int intercept_sync(int fd, long number) {
  const auto sync = [&] { return static_cast<int>(::syscall(number, fd)); };
  if (!is_watched(fd)) return sync();
  struct stat info{};
  ::fstat(fd, &info);
  const Deed deed = S_ISDIR(info.st_mode) ? Deed::sync_folder : Deed::sync;
  return intercept(CallKind::sync, sync, [&](int) { note(deed, info.st_ino, 0, {}, {}, {}); });
}

int intercept_truncate(int fd, off_t size) {
  const auto truncate = [&] { return static_cast<int>(::syscall(SYS_ftruncate, fd, size)); };
  if (!is_watched(fd)) return truncate();
  return intercept(CallKind::truncate, truncate,
                   [&](int) { note(Deed::truncate, inode_of(fd), static_cast<std::uint64_t>(size), {}, {}, {}); });
}

// Of rename and link.
int intercept_two_names(const char* from, const char* to, Deed deed, unsigned flags = 0) {
  const auto call = [&] {
    if (deed == Deed::link) return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, flags));
    return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags));
  };
  if (!is_in_folder(from) && !is_in_folder(to)) return call();
  return intercept(CallKind::name, call,
                   [&](int) { note(deed, inode_of(to), 0, name_in_folder(from), name_in_folder(to), {}); });
}

int intercept_unlink(const char* path) {
  const auto unlink = [&] { return static_cast<int>(::syscall(SYS_unlink, path)); };
  if (!is_in_folder(path)) return unlink();
  const std::uint64_t inode = inode_of(path);
  return intercept(CallKind::name, unlink, [&](int) { note(Deed::unlink, inode, 0, name_in_folder(path), {}, {}); });
}

int intercept_folder(const char* path, const auto& call) {
  if (!is_below_folder(path)) return call();
  return intercept(CallKind::name, call, [](int) {});
}

bool counts_keys() { return state().is_armed && state().plan.has_keys; }

// A TPM's commands are written to a socket, whole; messages are sent over the bus by sendmsg().
bool is_for_keys(int fd) {
  struct stat info{};
  return counts_keys() && ::fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

template <class Call>
auto intercept_key_call(const Call& call) {
  begin_key_call();
  const auto answer = call();
  const int error = errno;
  end_key_call();
  errno = error;
  return answer;
}

thread_local Fault key_fault = Fault::none;  // of the call that was begun

template <class Read>
ssize_t intercept_read(int fd, std::size_t size, const Read& read) {
  if (!is_watched(fd) || !state().plan.has_reads) return read(size);
  const Fault fault = next_fault(CallKind::read);
  if (fault == Fault::kill_half || fault == Fault::kill_after) die();
  if (fault == Fault::fail) return errno = state().plan.error, -1;
  return read(fault == Fault::shorten && size > 1 ? size / 2 : size);
}

}  // namespace

void arm(const std::string& folder, const Plan& plan) {
  State& s = state();
  s.is_armed = true;
  s.folder = folder;
  s.plan = plan;
  s.calls = 0;
  s.kinds.clear();
}
void disarm() { state().is_armed = false; }
std::uint64_t counted_calls() { return state().calls; }
std::vector<CallKind> counted_kinds() { return state().kinds; }

void begin_key_call() {
  key_fault = counts_keys() ? next_fault(CallKind::key) : Fault::none;
  if (key_fault == Fault::kill_half) die();
}
void end_key_call() {
  if (key_fault == Fault::kill_after) die();
}

Answer call_outside(const std::string& path, ByteView contents) {
  const auto change = [&] {
    if (contents.empty()) return;
    const auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT, 0600));
    ::syscall(SYS_pwrite64, fd, contents.data(), contents.size(), 0);
    note(Deed::write, inode_of(fd), 0, {}, {}, contents);
    note(Deed::sync, inode_of(fd), 0, {}, {}, {});
    ::syscall(SYS_close, fd);
  };
  if (!is_in_folder(path.c_str())) return change(), Answer::given;
  const Fault fault = next_fault(CallKind::outside);
  if (fault == Fault::kill_half) die();
  if (fault == Fault::fail) return Answer::none;
  change();
  if (fault == Fault::kill_after) die();
  return fault == Fault::shorten ? Answer::lost : Answer::given;
}

void begin_journal() {
  if (journal == nullptr) {
    void* const memory = ::mmap(nullptr, sizeof(Journal) + journal_capacity, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    journal = static_cast<Journal*>(memory);
  }
  journal->used = 0;
  journal->entries = 0;
}
std::uint64_t journal_size() { return journal == nullptr ? 0 : journal->entries; }

std::vector<JournalEntry> read_journal() {
  std::vector<JournalEntry> entries;
  const std::uint8_t* from = journal->bytes();
  const std::uint8_t* const end = from + journal->used;
  while (from < end) {
    std::uint64_t head[6];
    std::memcpy(head, from, sizeof(head));
    from += sizeof(head);
    JournalEntry entry{static_cast<Deed>(head[0]), head[1], head[2], {}, {}, {}};
    const auto take = [&from](std::uint64_t size) {
      const ByteView bytes(from, size);
      from += size;
      return bytes;
    };
    entry.name = as_text(take(head[3]));
    entry.other = as_text(take(head[4]));
    const ByteView data = take(head[5]);
    entry.data.assign(data.begin(), data.end());
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace latchkey::faults

// The names themselves. The linker exports them because the libraries ask for them, so their calls come here too.
namespace faults = latchkey::faults;

// NOLINTBEGIN(readability-identifier-naming): the C library's names
extern "C" {

static int open_as(const char* path, int flags, va_list arguments) {
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  return faults::intercept_open(path, flags, mode);
}

__attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int fd = open_as(path, flags, arguments);
  va_end(arguments);
  return fd;
}
__attribute__((visibility("default"))) int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int fd = open_as(path, flags, arguments);
  va_end(arguments);
  return fd;
}
__attribute__((visibility("default"))) int close(int fd) {
  if (fd >= 0 && static_cast<std::size_t>(fd) < faults::max_descriptors)
    faults::state().is_watched[static_cast<std::size_t>(fd)] = false;
  return static_cast<int>(::syscall(SYS_close, fd));
}
__attribute__((visibility("default"))) ssize_t write(int fd, const void* from, std::size_t size) {
  const auto write = [&] { return ::syscall(SYS_write, fd, from, size); };
  if (faults::is_watched(fd)) return faults::intercept_write(fd, from, size, 0, false);
  return faults::is_for_keys(fd) ? faults::intercept_key_call(write) : write();
}
__attribute__((visibility("default"))) ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  const auto send = [&] { return ::syscall(SYS_sendmsg, fd, message, flags); };
  return faults::is_for_keys(fd) ? faults::intercept_key_call(send) : send();
}
__attribute__((visibility("default"))) ssize_t pwrite(int fd, const void* from, std::size_t size, off_t offset) {
  if (!faults::is_watched(fd)) return ::syscall(SYS_pwrite64, fd, from, size, offset);
  return faults::intercept_write(fd, from, size, offset, true);
}
__attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void* from, std::size_t size, off_t offset) {
  return pwrite(fd, from, size, offset);
}
__attribute__((visibility("default"))) int fsync(int fd) { return faults::intercept_sync(fd, SYS_fsync); }
__attribute__((visibility("default"))) int fdatasync(int fd) { return faults::intercept_sync(fd, SYS_fdatasync); }
__attribute__((visibility("default"))) int ftruncate(int fd, off_t size) noexcept {
  return faults::intercept_truncate(fd, size);
}
__attribute__((visibility("default"))) int ftruncate64(int fd, off_t size) noexcept {
  return faults::intercept_truncate(fd, size);
}
__attribute__((visibility("default"))) int rename(const char* from, const char* to) noexcept {
  return faults::intercept_two_names(from, to, faults::Deed::rename);
}
// Nobody here names files by a folder's handle.
__attribute__((visibility("default"))) int renameat2(int, const char* from, int, const char* to,
                                                     unsigned flags) noexcept {
  return faults::intercept_two_names(from, to, faults::Deed::rename, flags);
}
__attribute__((visibility("default"))) int link(const char* from, const char* to) noexcept {
  return faults::intercept_two_names(from, to, faults::Deed::link);
}
__attribute__((visibility("default"))) int unlink(const char* path) noexcept { return faults::intercept_unlink(path); }
__attribute__((visibility("default"))) int mkdir(const char* path, mode_t mode) noexcept {
  return faults::intercept_folder(path, [&] { return static_cast<int>(::syscall(SYS_mkdir, path, mode)); });
}
__attribute__((visibility("default"))) int rmdir(const char* path) noexcept {
  return faults::intercept_folder(path, [&] { return static_cast<int>(::syscall(SYS_rmdir, path)); });
}
__attribute__((visibility("default"))) ssize_t read(int fd, void* to, std::size_t size) {
  return faults::intercept_read(fd, size, [&](std::size_t count) { return ::syscall(SYS_read, fd, to, count); });
}
__attribute__((visibility("default"))) ssize_t pread(int fd, void* to, std::size_t size, off_t offset) {
  return faults::intercept_read(fd, size,
                                [&](std::size_t count) { return ::syscall(SYS_pread64, fd, to, count, offset); });
}
__attribute__((visibility("default"))) ssize_t pread64(int fd, void* to, std::size_t size, off_t offset) {
  return pread(fd, to, size, offset);
}

// The kernel's keys have no functions of the C library's. Six numbers are passed on, whatever the call takes.
__attribute__((visibility("default"))) long syscall(long number, ...) noexcept {
  static const auto next = reinterpret_cast<long (*)(long, ...)>(::dlsym(RTLD_NEXT, "syscall"));
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& one : a) one = va_arg(arguments, long);
  va_end(arguments);
  const auto call = [&] { return next(number, a[0], a[1], a[2], a[3], a[4], a[5]); };
  return number == SYS_add_key || number == SYS_keyctl ? faults::intercept_key_call(call) : call();
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
