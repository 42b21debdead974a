#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace latchkey {
namespace {

Result<FileDescriptor> open_lock_file(const std::filesystem::path& path) {
  int descriptor = -1;
  do {
    descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor >= 0) return FileDescriptor(descriptor);
  return fail(errno == EACCES || errno == EPERM || errno == EROFS ? Code::permission_denied : Code::storage_failed,
              "lock file");
}

// Sleeps that a stop request ends.
class Pause final {
 public:
  void sleep(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, time, [] { return false; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

}  // namespace

// A waiting flock(2) cannot be cancelled, so ask again and again, ever more slowly; what it guards takes 50 ms and
// more. Every caller opens the file anew: flock excludes open files, which also keeps threads of one process apart.
Result<FileLock> FileLock::acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                   const std::stop_token& stop) {
  TRY(FileDescriptor file, open_lock_file(path));
  FileLock lock(std::move(file));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Pause pause;
  for (auto wait = std::chrono::milliseconds(2);; wait = std::min(wait * 2, std::chrono::milliseconds(50))) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    if (flock(lock.file_.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(Code::storage_failed, "lock file");
    if (std::chrono::steady_clock::now() >= deadline) return fail(Code::busy, "another process has the lock");
    lock.has_waited_ = true;
    pause.sleep(wait, stop);
  }
}

}  // namespace latchkey
