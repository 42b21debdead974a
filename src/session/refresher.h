// One refresh, so that no lost answer, crash or second process can sign the user out:
//   1. take the lock between processes, then read the store again: somebody else may have refreshed meanwhile;
//   2. ask the server;
//   3. store the new tokens before anybody uses them; if the store does not take them, keep them in memory and its old
//      ones where they are: the server answers a repeated refresh with the same successor;
//   4. the session is over only when the server says invalid_grant. No network error, 5xx or 429 ends it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

#include "base/result.h"
#include "base/time.h"
#include "session/id_token_check.h"
#include "session/oauth_client.h"
#include "session/refresh_lock.h"
#include "session/token_store.h"

namespace latchkey::session {

using RecordPtr = std::shared_ptr<const SessionRecord>;

// The tokens this process works with.
struct Held {
  RecordPtr record;
  bool is_saved = true;  // false: the store still has their predecessor
};

enum class Ending { none, over, gone };

struct RefreshOutcome {
  Held held;                          // what to work with from now on; empty when the session ended
  Ending ending = Ending::none;       // over: the server said invalid_grant; gone: another process signed out
  std::optional<Error> error{};       // why there are no new tokens
  bool is_adopted = false;            // the tokens are another process's
  std::optional<Error> save_error{};  // why the new ones are not in the store
};

// When to renew an access token of this life: 5 to 15 % of it before its end, spread by `unit` in 0..1, so that a
// million devices that came back after an outage do not come back together ever after.
Instant renewal_time(Instant issued_at, Instant expires_at, double unit);

// Thread-safe; the caller sees to it that one refresh runs at a time in this process. Everything outlives it.
class Refresher final {
 public:
  Refresher(OAuthClient& client, IdTokenCheck& id_tokens, TokenStore& store, RefreshLock& lock, const Clock& clock)
      : client_(client), id_tokens_(id_tokens), store_(store), lock_(lock), clock_(clock) {}

  // `key` is that of `held.record`, null for bearer tokens.
  RefreshOutcome refresh(const Held& held, DpopKey* key, std::stop_token stop);
  // Writes tokens that are in memory only to the store, unless another process went on from their predecessor: then its
  // tokens are taken.
  RefreshOutcome save_pending(const Held& held, std::stop_token stop);

 private:
  RefreshOutcome reconcile(const Held& held);
  RefreshOutcome request(const Held& held, DpopKey* key, std::stop_token stop);
  RefreshOutcome after_invalid_grant(const Held& used, Error error);
  RefreshOutcome save(RecordPtr record);
  Result<SessionRecord> successor_of(const SessionRecord& record, protocol::oauth::TokenResponse response,
                                     std::stop_token stop);

  OAuthClient& client_;
  IdTokenCheck& id_tokens_;
  TokenStore& store_;
  RefreshLock& lock_;
  const Clock& clock_;
};

}  // namespace latchkey::session
