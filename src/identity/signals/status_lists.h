// The status lists as they are served: signed and cached. A list is looked at anew when somebody asks for it and it was
// not for two seconds, and signed anew when a bit changed or five minutes are over. What other processes end is seen,
// too.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "http/server/cached_body.h"
#include "http/server/task.h"
#include "identity/signals/status_index.h"
#include "identity/tokens/signing_keys.h"
#include "sql/database.h"

namespace latchkey::identity {

// An end of a session is in the list this long after its commit.
inline constexpr std::chrono::seconds status_list_delay{2};
// A reader may go on with its copy for this long: together with the delay, how long a revoked token passes.
inline constexpr std::chrono::seconds status_list_ttl{30};
// Nobody may use a copy that is older, so that an old one cannot be put back for longer; and how long a gateway goes on
// while this server is away.
inline constexpr std::chrono::minutes status_list_lifetime{15};
// A list that did not change is signed anew, so that what is served always has most of its life before it.
inline constexpr std::chrono::minutes status_list_signed_for{5};

// Thread-safe.
class StatusLists final {
 public:
  // `db` and `keys` outlive this.
  StatusLists(sql::Database& db, const SigningKeys& keys, std::string issuer)
      : db_(db), keys_(keys), issuer_(std::move(issuer)) {}

  // Nothing: there is no such list. Fails: busy, storage_*, temporarily_unavailable (no key may sign), crypto_failed.
  http::Task<Result<std::optional<http::CachedBody>>> find(std::int64_t number, Instant now);

 private:
  struct Served {
    http::CachedBody body;
    StatusList list;
    Instant looked_at;  // when reading what it says began
    Instant signed_at;
  };
  std::optional<Served> find_served(std::int64_t number) const;
  // Nothing: must be looked at, and the caller is the one to do it; the others go on with what is there meanwhile.
  std::optional<http::CachedBody> find_fresh(std::int64_t number, Instant now);
  void keep(std::int64_t number, Served served);
  void forget(std::int64_t number);
  Result<Served> sign(std::int64_t number, StatusList list, Instant now) const;

  sql::Database& db_;
  const SigningKeys& keys_;
  const std::string issuer_;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, Served> served_;  // at most 12 KiB for 32,768 sessions
};

}  // namespace latchkey::identity
