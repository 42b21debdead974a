// Lets one process at a time refresh: the token it replaces is the other processes' token, too.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "base/result.h"

namespace latchkey::session {

// Thread-safe. Holding is an object; letting it go releases the lock, and so does the end of the process.
class RefreshLock {
 public:
  class Held {
   public:
    virtual ~Held() = default;
  };

  virtual ~RefreshLock() = default;
  // Waits its turn. Fails: cancelled, busy (patience is over), storage_failed, permission_denied.
  virtual Result<std::unique_ptr<Held>> acquire(std::stop_token stop) = 0;
};

// A FileLock, usually on the vault's name with ".refresh" behind it.
class FileRefreshLock final : public RefreshLock {
 public:
  explicit FileRefreshLock(std::filesystem::path file, std::chrono::milliseconds patience = std::chrono::minutes(1));
  Result<std::unique_ptr<Held>> acquire(std::stop_token stop) override;

 private:
  std::filesystem::path file_;
  std::chrono::milliseconds patience_;
};

// For a store no other process can see.
class NoRefreshLock final : public RefreshLock {
 public:
  Result<std::unique_ptr<Held>> acquire(std::stop_token stop) override;
};

}  // namespace latchkey::session
