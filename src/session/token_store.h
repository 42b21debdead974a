// Where the session record is kept between runs.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "session/session_record.h"

namespace latchkey::session {

// Thread-safe, and readable by several processes. Fails: vault_locked, temporarily_unavailable, vault_corrupted,
// storage_failed, storage_full; none of these means that nobody is signed in.
class TokenStore {
 public:
  virtual ~TokenStore() = default;
  // Nothing: nobody is signed in.
  virtual Result<std::optional<SessionRecord>> load() = 0;
  // Durable when it returns ok; when it fails the old record stands.
  virtual Status save(const SessionRecord& record) = 0;
  // Gone already is ok.
  virtual Status erase() = 0;
  // Calls `on_lock`, until the returned handle goes, each time the store was locked: what was read from it has to leave
  // the memory. On any thread, with none of the store's locks held. Null: this store is never locked.
  [[nodiscard]] virtual std::shared_ptr<const void> observe_lock(std::function<void()> on_lock) = 0;
};

// Forgets everything when the process ends.
class MemoryTokenStore final : public TokenStore {
 public:
  Result<std::optional<SessionRecord>> load() override;
  Status save(const SessionRecord& record) override;
  Status erase() override;
  std::shared_ptr<const void> observe_lock(std::function<void()>) override { return nullptr; }

 private:
  std::mutex mutex_;
  std::optional<SessionRecord> record_;
};

}  // namespace latchkey::session
