#include "session/refresh_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace latchkey::session {
namespace {

class HeldFile final : public RefreshLock::Held {
 public:
  explicit HeldFile(int file) : file_(file) {}
  ~HeldFile() override { close(file_); }
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;

 private:
  int file_;
};

Result<int> open_lock_file(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor >= 0) return descriptor;
  return fail(errno == EACCES || errno == EPERM || errno == EROFS ? Code::permission_denied : Code::storage_failed,
              "refresh lock");
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

FileRefreshLock::FileRefreshLock(std::filesystem::path file, std::chrono::milliseconds patience)
    : file_(std::move(file)), patience_(patience) {}

// A waiting flock(2) cannot be cancelled, so ask again and again, ever more slowly; a refresh takes 50 ms and more.
// Every caller opens the file anew: flock excludes open files, which also keeps threads of one process apart.
Result<std::unique_ptr<RefreshLock::Held>> FileRefreshLock::acquire(std::stop_token stop) {
  TRY(const int descriptor, open_lock_file(file_));
  auto held = std::make_unique<HeldFile>(descriptor);
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  Pause pause;
  for (auto wait = std::chrono::milliseconds(2);; wait = std::min(wait * 2, std::chrono::milliseconds(50))) {
    if (stop.stop_requested()) return fail(Code::cancelled);
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return held;
    if (errno != EWOULDBLOCK && errno != EINTR) return fail(Code::storage_failed, "refresh lock");
    if (std::chrono::steady_clock::now() >= deadline) return fail(Code::busy, "another process is refreshing");
    pause.sleep(wait, stop);
  }
}

Result<std::unique_ptr<RefreshLock::Held>> NoRefreshLock::acquire(std::stop_token) {
  class Nothing final : public Held {};
  return std::make_unique<Nothing>();
}

}  // namespace latchkey::session
