#include "identity/login/browser_sessions.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "identity/audit_log.h"
#include "identity/login/remembered_devices.h"
#include "identity/tokens/family_store.h"

namespace latchkey::identity {

namespace {

constexpr std::chrono::minutes touch_interval{1};

constexpr std::string_view select_session =
    "SELECT s.cookie_hash, s.sid, s.user_id, a.login_name, s.device, s.created_at, s.last_seen_at, s.authenticated_at, "
    "s.expires_at, s.fresh_request FROM browser_sessions s JOIN accounts a ON a.id = s.user_id WHERE a.status = 0 AND "
    "s.cookie_hash = $1 AND s.expires_at > $2 AND s.last_seen_at > $3";
constexpr std::string_view select_sessions_of_user =
    "SELECT s.cookie_hash, s.sid, s.user_id, a.login_name, s.device, s.created_at, s.last_seen_at, s.authenticated_at, "
    "s.expires_at, s.fresh_request FROM browser_sessions s JOIN accounts a ON a.id = s.user_id WHERE a.status = 0 AND "
    "s.user_id = $1 AND s.expires_at > $2 AND s.last_seen_at > $3 ORDER BY s.last_seen_at DESC LIMIT 100";

Result<BrowserSession> read_session(const sql::Row& row) {
  TRY(auto columns, row.as<ByteArray<32>, SessionId, UserId, std::string, std::string, Instant, Instant, Instant,
                           Instant, std::optional<ByteArray<32>>>());
  auto& [hash, id, user, login_name, device, created, seen, authenticated, expires, fresh] = columns;
  return BrowserSession{
      hash,    std::move(id), std::move(user), std::move(login_name), std::move(device), created, seen, authenticated,
      expires, fresh};
}

std::optional<ByteArray<32>> hash_of(std::string_view cookie) {
  ByteArray<32> bytes{};
  if (cookie.size() != 43 || !parse_base64url_into(cookie, bytes)) return std::nullopt;
  return crypto::sha256(bytes);
}

Status insert_session(sql::Transaction& tx, const BrowserSession& session) {
  TRY_DO(
      tx.execute("INSERT INTO browser_sessions (cookie_hash, sid, user_id, device, created_at, last_seen_at, "
                 "authenticated_at, expires_at, fresh_request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                 session.cookie_hash, session.id, session.user, session.device, session.created_at,
                 session.last_seen_at, session.authenticated_at, session.expires_at, session.fresh_request));
  return {};
}

// The `sid` to go on with. Nothing when the session ended since it was loaded: what was revoked keeps its name.
Result<std::optional<SessionId>> replace_previous(sql::Transaction& tx, const NewBrowserSession& wanted) {
  if (!wanted.previous) return std::nullopt;
  TRY(const std::int64_t ended,
      tx.execute("DELETE FROM browser_sessions WHERE cookie_hash = $1", wanted.previous->cookie_hash));
  if (ended == 0 || wanted.previous->user != wanted.user) return std::nullopt;
  return std::optional(wanted.previous->id);
}

}  // namespace

Result<StartedBrowserSession> start_session(sql::Transaction& tx, const NewBrowserSession& wanted,
                                            const SessionPolicy& policy, Instant now) {
  TRY(const auto rows, tx.query("SELECT login_name FROM accounts WHERE id = $1 AND status = 0", wanted.user));
  if (rows.is_empty()) return fail(Code::access_denied, "the account is not active");
  TRY(auto kept_id, replace_previous(tx, wanted));

  ByteArray<32> secret{};
  crypto::fill_random_private(secret);
  StartedBrowserSession started;
  started.cookie = to_wiped_base64url(secret);
  BrowserSession& session = started.session;
  session.cookie_hash = crypto::sha256(secret);
  secure_wipe(secret);
  session.id = kept_id ? *std::move(kept_id) : SessionId(to_base64url(crypto::random_array<16>()));
  session.user = wanted.user;
  TRY(session.login_name, rows[0].get<std::string>(0));
  session.device = wanted.device;
  session.created_at = session.last_seen_at = session.authenticated_at = now;
  session.expires_at = now + policy.absolute;
  session.fresh_request = wanted.fresh_request;
  TRY_DO(insert_session(tx, session));
  TRY_DO(append_audit(
      tx, {.event = "signed in", .user = wanted.user, .client = {}, .session = session.id, .detail = {}}, now));
  return started;
}

Result<std::optional<BrowserSession>> find_session(sql::Transaction& tx, std::string_view cookie,
                                                   const SessionPolicy& policy, Instant now) {
  const auto hash = hash_of(cookie);
  if (!hash) return std::nullopt;
  TRY(const sql::Rows rows, tx.query(select_session, *hash, now, now - policy.idle));
  if (rows.is_empty()) return std::nullopt;
  TRY(BrowserSession session, read_session(rows[0]));
  return session;
}

Result<bool> is_session_there(sql::Transaction& tx, const BrowserSession& session) {
  TRY(const sql::Rows rows,
      tx.query("SELECT 1 FROM browser_sessions WHERE sid = $1 AND user_id = $2", session.id, session.user));
  return !rows.is_empty();
}

bool needs_touch(const BrowserSession& session, Instant now) { return now - session.last_seen_at >= touch_interval; }

Status touch_session(sql::Transaction& tx, const BrowserSession& session, Instant now) {
  TRY_DO(tx.execute("UPDATE browser_sessions SET last_seen_at = $2 WHERE cookie_hash = $1 AND last_seen_at < $2",
                    session.cookie_hash, now));
  return {};
}

Status clear_fresh_request(sql::Transaction& tx, const BrowserSession& session) {
  TRY_DO(tx.execute("UPDATE browser_sessions SET fresh_request = NULL WHERE cookie_hash = $1", session.cookie_hash));
  return {};
}

Result<std::vector<BrowserSession>> list_sessions(sql::Transaction& tx, const UserId& user, const SessionPolicy& policy,
                                                  Instant now) {
  TRY(const sql::Rows rows, tx.query(select_sessions_of_user, user, now, now - policy.idle));
  std::vector<BrowserSession> sessions;
  for (const sql::Row row : rows) {
    TRY(BrowserSession session, read_session(row));
    sessions.push_back(std::move(session));
  }
  return sessions;
}

Status end_session(sql::Transaction& tx, const UserId& user, const SessionId& session, RevocationReason reason,
                   Instant now) {
  TRY(const std::int64_t browsers,
      tx.execute("DELETE FROM browser_sessions WHERE sid = $1 AND user_id = $2", session, user));
  TRY(const std::int64_t families, revoke_families_of_session(tx, session, reason, now));
  if (browsers + families == 0) return {};  // it was over: an old ID token can be sent here any number of times
  return append_audit(tx, {.event = "signed out", .user = user, .client = {}, .session = session, .detail = {}}, now);
}

Status end_all_sessions(sql::Transaction& tx, const UserId& user, RevocationReason reason, Instant now) {
  TRY_DO(tx.execute("DELETE FROM browser_sessions WHERE user_id = $1", user));
  TRY_DO(revoke_families_of_user(tx, user, reason, now));
  TRY_DO(forget_devices_of(tx, user));
  return {};
}

Status drop_expired_sessions(sql::Transaction& tx, const SessionPolicy& policy, Instant now) {
  TRY_DO(
      tx.execute("DELETE FROM browser_sessions WHERE expires_at <= $1 OR last_seen_at <= $2", now, now - policy.idle));
  return {};
}

}  // namespace latchkey::identity
