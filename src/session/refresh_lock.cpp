#include "session/refresh_lock.h"

#include "base/file_lock.h"

namespace latchkey::session {
namespace {

class HeldFile final : public RefreshLock::Held {
 public:
  explicit HeldFile(FileLock lock) : lock_(std::move(lock)) {}

 private:
  FileLock lock_;
};

}  // namespace

FileRefreshLock::FileRefreshLock(std::filesystem::path file, std::chrono::milliseconds patience)
    : file_(std::move(file)), patience_(patience) {}

Result<std::unique_ptr<RefreshLock::Held>> FileRefreshLock::acquire(std::stop_token stop) {
  TRY(FileLock lock, FileLock::acquire(file_, patience_, stop));
  return std::make_unique<HeldFile>(std::move(lock));
}

Result<std::unique_ptr<RefreshLock::Held>> NoRefreshLock::acquire(std::stop_token) {
  class Nothing final : public Held {};
  return std::make_unique<Nothing>();
}

}  // namespace latchkey::session
