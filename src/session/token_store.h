// Where the session record is kept between runs.
#pragma once

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
};

// Forgets everything when the process ends.
class MemoryTokenStore final : public TokenStore {
 public:
  Result<std::optional<SessionRecord>> load() override;
  Status save(const SessionRecord& record) override;
  Status erase() override;

 private:
  std::mutex mutex_;
  std::optional<SessionRecord> record_;
};

}  // namespace latchkey::session
