#include "identity/tokens/family_store.h"

#include <set>

#include "identity/audit_log.h"
#include "identity/signals/outbox.h"
#include "identity/signals/status_index.h"

namespace latchkey::identity {
namespace {

Result<Family> read_family(const sql::Row& row) {
  Family f;
  std::size_t column = 0;
  Status status;
  const auto take = [&]<class T>(T& into) {
    auto value = row.get<T>(column++);
    if (value)
      into = *std::move(value);
    else if (status)
      status = tl::unexpected(value.error());
  };
  take(f.id), take(f.session), take(f.user), take(f.client), take(f.key_thumbprint), take(f.salt), take(f.scope);
  take(f.resource), take(f.authenticated_at), take(f.generation), take(f.attempt), take(f.previous_attempt);
  take(f.rotated_at), take(f.issued_at), take(f.seen_generation), take(f.created_at), take(f.idle_expires_at);
  take(f.absolute_expires_at), take(f.status_index);
  take(f.is_revoked), take(f.is_user_active);
  TRY_DO(status);
  return f;
}

bool is_theft(RevocationReason reason) {
  return reason == RevocationReason::reuse || reason == RevocationReason::code_reuse;
}

// An app that signed in again and then revoked its older refresh token is still signed in, and must not be told
// otherwise.
Result<bool> is_session_over(sql::Transaction& tx, const EndedSession& ended) {
  if (is_theft(ended.reason)) return true;
  TRY(const sql::Rows rows, tx.query("SELECT 1 FROM families WHERE sid = $1 AND client_id = $2 AND rev = 0 "
                                     "AND idle_exp > $3 AND abs_exp > $3 LIMIT 1",
                                     ended.session, ended.client, ended.at));
  return rows.is_empty();
}

// One family's end: in the status list, and on record. The owner is told when it was not their own doing.
Status report(sql::Transaction& tx, const EndedSession& ended, std::optional<std::int64_t> status_index) {
  const bool is_stolen = is_theft(ended.reason);
  if (status_index) TRY_DO(publish_end(tx, *status_index, ended.at));
  return append_audit(
      tx,
      {is_stolen ? "session ended: a token was used by two parties" : "session ended", ended.user, ended.client,
       ended.session, std::string(name_of(ended.reason)), is_stolen ? Notify::owner : Notify::no},
      ended.at);
}

// Everything that the end of a session sets off, in the transaction that ends it. Apps and gateways are told once of a
// session that had several families with one app, and not while one of them lives.
Result<std::int64_t> set_off(sql::Transaction& tx, const sql::Rows& ended, RevocationReason reason, Instant now) {
  std::set<std::pair<SessionId, ClientId>> announced;
  for (const sql::Row row : ended) {
    TRY(auto columns, (row.as<SessionId, UserId, ClientId, std::optional<std::int64_t>>()));
    auto& [session, user, client, status_index] = columns;
    const EndedSession one{std::move(user), std::move(client), std::move(session), reason, now};
    TRY_DO(report(tx, one, status_index));
    if (!announced.emplace(one.session, one.client).second) continue;
    TRY(const bool is_over, is_session_over(tx, one));
    if (is_over) TRY_DO(announce_end(tx, one));
  }
  return static_cast<std::int64_t>(ended.size());
}

}  // namespace

Status insert_family(sql::Transaction& tx, const Family& f) {
  TRY_DO(tx.execute(
      "INSERT INTO families (id, sid, user_id, client_id, jkt, salt, scope, resource, authenticated_at, gen, att, "
      "prev_att, rot_at, iss_at, seen_gen, created_at, idle_exp, abs_exp, status_index, rev, rev_reason) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, 0)",
      f.id, f.session, f.user, f.client, f.key_thumbprint, f.salt, f.scope, f.resource, f.authenticated_at,
      f.generation, f.attempt, f.previous_attempt, f.rotated_at, f.issued_at, f.seen_generation, f.created_at,
      f.idle_expires_at, f.absolute_expires_at, f.status_index));
  return {};
}

Result<std::optional<Family>> find_family(sql::Transaction& tx, const FamilyId& id) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id, sid, user_id, client_id, jkt, salt, scope, resource, authenticated_at, gen, att, prev_att, "
               "rot_at, iss_at, seen_gen, created_at, idle_exp, abs_exp, status_index, rev, "
               "COALESCE((SELECT CASE WHEN status = 0 THEN 1 ELSE 0 END FROM accounts WHERE accounts.id = "
               "families.user_id), 0) FROM families WHERE id = $1",
               id));
  if (rows.is_empty()) return std::optional<Family>();
  TRY(auto family, read_family(rows[0]));
  return std::optional(std::move(family));
}

Result<std::int64_t> revoke_family(sql::Transaction& tx, const FamilyId& id, RevocationReason reason, Instant now) {
  TRY(const sql::Rows ended, tx.query("UPDATE families SET rev = 1, rev_reason = $2, rev_at = $3 "
                                      "WHERE id = $1 AND rev = 0 RETURNING sid, user_id, client_id, status_index",
                                      id, static_cast<std::uint8_t>(reason), now));
  return set_off(tx, ended, reason, now);
}

Result<std::int64_t> revoke_families_of_session(sql::Transaction& tx, const SessionId& session, RevocationReason reason,
                                                Instant now) {
  TRY_DO(tx.execute("DELETE FROM authorization_codes WHERE sid = $1 AND family_id IS NULL", session));
  TRY(const sql::Rows ended, tx.query("UPDATE families SET rev = 1, rev_reason = $2, rev_at = $3 "
                                      "WHERE sid = $1 AND rev = 0 RETURNING sid, user_id, client_id, status_index",
                                      session, static_cast<std::uint8_t>(reason), now));
  return set_off(tx, ended, reason, now);
}

Result<std::int64_t> revoke_families_of_user(sql::Transaction& tx, const UserId& user, RevocationReason reason,
                                             Instant now) {
  TRY_DO(tx.execute("DELETE FROM authorization_codes WHERE user_id = $1 AND family_id IS NULL", user));
  TRY(const sql::Rows ended, tx.query("UPDATE families SET rev = 1, rev_reason = $2, rev_at = $3 "
                                      "WHERE user_id = $1 AND rev = 0 RETURNING sid, user_id, client_id, status_index",
                                      user, static_cast<std::uint8_t>(reason), now));
  return set_off(tx, ended, reason, now);
}

Result<AccessTokenState> find_access_token_state(sql::Transaction& tx, const FamilyId& family,
                                                 std::string_view token_id, Instant now) {
  TRY(const sql::Rows rows,
      tx.query("SELECT gen, seen_gen FROM families WHERE id = $1 AND rev = 0 AND abs_exp > $3 "
               "AND EXISTS (SELECT 1 FROM accounts WHERE accounts.id = families.user_id AND accounts.status = 0) "
               "AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens WHERE token_id = $2)",
               family, token_id, now));
  if (rows.is_empty()) return AccessTokenState{};
  TRY(const auto values, (rows[0].as<std::uint32_t, std::uint32_t>()));
  return AccessTokenState{true, std::get<0>(values), std::get<1>(values)};
}

Status mark_generation_seen(sql::Transaction& tx, const FamilyId& family, std::uint32_t generation) {
  TRY_DO(tx.execute("UPDATE families SET seen_gen = $2 WHERE id = $1 AND seen_gen < $2", family, generation));
  return {};
}

Status revoke_access_token(sql::Transaction& tx, std::string_view token_id, Instant expires_at) {
  TRY_DO(
      tx.execute("INSERT INTO revoked_access_tokens (token_id, expires_at) VALUES ($1, $2) ON CONFLICT (token_id) "
                 "DO NOTHING",
                 token_id, expires_at));
  return {};
}

Result<bool> is_access_token_revoked(sql::Transaction& tx, std::string_view token_id) {
  TRY(const sql::Rows rows, tx.query("SELECT 1 FROM revoked_access_tokens WHERE token_id = $1", token_id));
  return !rows.is_empty();
}

Status drop_ended_tokens(sql::Transaction& tx, Instant now) {
  TRY_DO(tx.execute("DELETE FROM families WHERE abs_exp <= $1", now));
  TRY_DO(tx.execute("DELETE FROM revoked_access_tokens WHERE expires_at <= $1", now));
  return {};
}

Result<std::vector<FamilyId>> find_dead_families(sql::Transaction& tx, Instant then, int limit) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id FROM families WHERE idle_exp <= $1 OR (rev = 1 AND rev_at <= $1) LIMIT $2", then, limit));
  std::vector<FamilyId> dead;
  for (const sql::Row row : rows) {
    TRY(const auto id, row.get<FamilyId>(0));
    dead.push_back(id);
  }
  return dead;
}

Status drop_families(sql::Transaction& tx, const std::vector<FamilyId>& dead, Instant then) {
  for (const FamilyId& id : dead)
    TRY_DO(
        tx.execute("DELETE FROM families WHERE id = $1 AND (idle_exp <= $2 OR (rev = 1 AND rev_at <= $2))", id, then));
  return {};
}

}  // namespace latchkey::identity
