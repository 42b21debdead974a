// Browser sessions: who is signed in at this server in which browser. The cookie holds 256 random bits; the database
// their SHA-256. No row exists before sign-in and every sign-in makes a new cookie, so nobody can plant one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "identity/ids.h"
#include "identity/tokens/family.h"
#include "sql/database.h"

namespace latchkey::identity {

struct SessionPolicy {
  std::chrono::milliseconds idle = std::chrono::hours(1);
  std::chrono::milliseconds absolute = std::chrono::hours(24);
};

struct BrowserSession {
  ByteArray<32> cookie_hash{};
  SessionId id;  // `sid`
  UserId user;
  std::string login_name;
  std::string device;  // "Firefox on Linux", from the User-Agent; for people
  Instant created_at;
  Instant last_seen_at;
  Instant authenticated_at;
  Instant expires_at;                          // absolute; never moves
  std::optional<ByteArray<32>> fresh_request;  // the authorization request this sign-in was made for, hashed
};

struct NewBrowserSession {
  UserId user;
  std::string device;
  std::optional<ByteArray<32>> fresh_request;
  std::optional<BrowserSession>
      previous;  // what the browser sent: replaced, its `sid` kept if it lives and is the same user's
};
struct StartedBrowserSession {
  WipedString cookie;  // base64url; goes to the browser, then is forgotten
  BrowserSession session;
};
Result<StartedBrowserSession> start_session(sql::Transaction& tx, const NewBrowserSession& wanted,
                                            const SessionPolicy& policy, Instant now);

// Nothing when the cookie is unknown, the session is over (idle or absolute), or the account is not active.
Result<std::optional<BrowserSession>> find_session(sql::Transaction& tx, std::string_view cookie,
                                                   const SessionPolicy& policy, Instant now);
// Whether it still is there: to be asked again in the transaction that acts on a session loaded before it.
Result<bool> is_session_there(sql::Transaction& tx, const BrowserSession& session);
// Moves the idle end. Writes only when a minute has passed since the last time: see needs_touch.
bool needs_touch(const BrowserSession& session, Instant now);
Status touch_session(sql::Transaction& tx, const BrowserSession& session, Instant now);
// The sign-in has served its request: another prompt=login asks again.
Status clear_fresh_request(sql::Transaction& tx, const BrowserSession& session);

Result<std::vector<BrowserSession>> list_sessions(sql::Transaction& tx, const UserId& user, const SessionPolicy& policy,
                                                  Instant now);

// Ends the browser session if it still is there, and every token family that was born in it.
Status end_session(sql::Transaction& tx, const UserId& user, const SessionId& session, RevocationReason reason,
                   Instant now);
// Ends all of the user: browser sessions, token families and remembered devices.
Status end_all_sessions(sql::Transaction& tx, const UserId& user, RevocationReason reason, Instant now);
Status drop_expired_sessions(sql::Transaction& tx, const SessionPolicy& policy, Instant now);

// "Firefox on Linux": enough to recognise a browser, too little to track one.
std::string describe_device(std::string_view user_agent);

}  // namespace latchkey::identity
