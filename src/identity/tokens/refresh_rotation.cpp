#include "identity/tokens/refresh_rotation.h"

#include <algorithm>

#include "identity/audit_log.h"
#include "identity/tokens/family_store.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

using RefreshAnswer = Result<RefreshGranted>;

// On PostgreSQL each round means that another request changed the row; on SQLite there is one writer and one round.
constexpr int max_rounds = 64;

// Step 0: everything that can be wrong, before anything is written. An unknown token and a wrong tag look alike, and
// neither ends a family: anyone could send them.
Status check_request(const Family& family, const RefreshRequest& request, const RefreshTokenKeys& keys) {
  if (!keys.verify(request.token, family)) return fail(Code::not_found, "unknown refresh token");
  if (family.client != request.client) return fail(Code::invalid_grant, "unknown refresh token");
  if (family.is_bound() && request.proven_thumbprint.empty())
    return fail(Code::invalid_dpop_proof, "this session is bound to a key: a DPoP proof is required");
  if (family.is_bound() && family.key_thumbprint != request.proven_thumbprint)
    return fail(Code::invalid_grant, "the session is bound to another key");
  if (!family.is_user_active) return fail(Code::invalid_grant, "the session is over");
  if (request.resource && *request.resource != family.resource)
    return fail(Code::invalid_target, "the resource was not granted");
  return {};
}

Result<std::string> narrow_scope(const Family& family, const std::optional<oauth::Scope>& asked) {
  if (!asked) return family.scope;
  TRY(const auto granted, family.scope.empty() ? oauth::Scope() : oauth::Scope::parse(family.scope));
  if (!asked->is_subset_of(granted)) return fail(Code::invalid_scope, "the scope exceeds what was granted");
  return asked->print();
}

Instant idle_end(const Family& family, const RotationPolicy& policy, Instant now) {
  return std::min(now + policy.idle_lifetime, family.absolute_expires_at);
}

// Each of these changes the row only if it still is what was read, and answers whether it did.

Result<bool> rotate(sql::Transaction& tx, Family& family, const RotationPolicy& policy, Instant now) {
  TRY(const auto changed,
      tx.execute("UPDATE families SET gen = gen + 1, prev_att = att, att = 0, rot_at = $4, iss_at = $4, idle_exp = $5 "
                 "WHERE id = $1 AND gen = $2 AND att = $3 AND rev = 0",
                 family.id, family.generation, family.attempt, now, idle_end(family, policy, now)));
  family.previous_attempt = family.attempt;
  ++family.generation;
  family.attempt = 0;
  family.rotated_at = family.issued_at = now;
  family.idle_expires_at = idle_end(family, policy, now);
  return changed == 1;
}

Result<bool> extend(sql::Transaction& tx, Family& family, const RotationPolicy& policy, Instant now) {
  family.idle_expires_at = idle_end(family, policy, now);
  TRY(const auto changed,
      tx.execute("UPDATE families SET idle_exp = $4 WHERE id = $1 AND gen = $2 AND att = $3 AND rev = 0", family.id,
                 family.generation, family.attempt, family.idle_expires_at));
  return changed == 1;
}

Result<bool> recover(sql::Transaction& tx, Family& family, Instant now) {
  TRY(const auto changed, tx.execute("UPDATE families SET att = att + 1, iss_at = $4 "
                                     "WHERE id = $1 AND gen = $2 AND att = $3 AND rev = 0",
                                     family.id, family.generation, family.attempt, now));
  ++family.attempt;
  family.issued_at = now;
  return changed == 1;
}

Result<bool> roll_forward(sql::Transaction& tx, const Family& family, PresentedRefreshToken token, Instant now) {
  const bool is_next = token.generation != family.generation;
  TRY(const auto changed,
      tx.execute("UPDATE families SET gen = $4, att = $5, prev_att = $6, rot_at = $7, iss_at = $8 "
                 "WHERE id = $1 AND gen = $2 AND att = $3 AND rev = 0",
                 family.id, family.generation, family.attempt, token.generation, token.attempt,
                 is_next ? family.attempt : family.previous_attempt, is_next ? now : family.rotated_at, now));
  return changed == 1;
}

Status raise(sql::Transaction& tx, const Family& family, const RefreshRule& rule, Instant now) {
  if (rule.alarm == RefreshAlarm::none || rule.action == RefreshAction::revoke) return {};  // revoke_family reports
  const AuditRecord record{"refresh token anomaly",          family.user, family.client, family.session,
                           std::string(name_of(rule.alarm)), Notify::no};
  // Refusals cost the sender nothing: without this an old token could fill the disk.
  TRY(const bool is_known, has_recent_audit(tx, record, now - std::chrono::minutes(1)));
  return is_known ? Status() : append_audit(tx, record, now);
}

RefreshGranted granted(Family family, std::string scope) {
  const PresentedRefreshToken token{family.generation, family.attempt};
  return {std::move(family), token, std::move(scope)};
}

// One round of the table. Nothing: the row changed under us.
Result<std::optional<RefreshAnswer>> apply(sql::Transaction& tx, Family family, const RefreshRequest& request,
                                           std::string scope, const RotationPolicy& policy, Instant now) {
  const PresentedRefreshToken token = request.token.token;
  const RefreshRule& rule = decide({family, token, now, policy});
  bool is_done = true;
  switch (rule.action) {
    case RefreshAction::refuse:
      TRY_DO(raise(tx, family, rule, now));
      return RefreshAnswer(fail(Code::invalid_grant, "the session is over"));
    case RefreshAction::revoke: {
      TRY(const auto ended, revoke_family(tx, family.id, RevocationReason::reuse, now));
      if (ended == 0) return std::optional<RefreshAnswer>();
      return RefreshAnswer(fail(Code::refresh_reused, "the session is over"));
    }
    case RefreshAction::keep:
    case RefreshAction::repeat:
      break;
    case RefreshAction::extend: {
      TRY(is_done, extend(tx, family, policy, now));
      break;
    }
    case RefreshAction::rotate: {
      TRY(is_done, rotate(tx, family, policy, now));
      break;
    }
    case RefreshAction::recover: {
      TRY(is_done, recover(tx, family, now));
      break;
    }
    case RefreshAction::roll_forward: {
      TRY(is_done, roll_forward(tx, family, token, now));
      if (is_done) TRY_DO(raise(tx, family, rule, now));
      return std::optional<RefreshAnswer>();  // decide again on the new row
    }
  }
  if (!is_done) return std::optional<RefreshAnswer>();
  TRY_DO(raise(tx, family, rule, now));
  return RefreshAnswer(granted(std::move(family), std::move(scope)));
}

RefreshAnswer unknown_token() { return fail(Code::not_found, "unknown refresh token"); }

}  // namespace

Result<RefreshAnswer> refresh_family(sql::Transaction& tx, const RefreshRequest& request, const RefreshTokenKeys& keys,
                                     const RotationPolicy& policy, Instant now) {
  for (int round = 0; round < max_rounds; ++round) {
    TRY(auto family, find_family(tx, request.token.family));
    if (!family) return unknown_token();
    if (auto checked = check_request(*family, request, keys); !checked)
      return RefreshAnswer(tl::unexpected(checked.error()));
    auto scope = narrow_scope(*family, request.scope);
    if (!scope) return RefreshAnswer(tl::unexpected(scope.error()));
    TRY(auto answer, apply(tx, *std::move(family), request, *std::move(scope), policy, now));
    if (answer) return *std::move(answer);
  }
  return fail(Code::busy, "the session is in use by too many requests");
}

Result<std::optional<RefreshGranted>> find_unchanged_refresh(sql::Transaction& tx, const RefreshRequest& request,
                                                             const RefreshTokenKeys& keys, const RotationPolicy& policy,
                                                             Instant now) {
  TRY(auto family, find_family(tx, request.token.family));
  if (!family || !check_request(*family, request, keys)) return std::optional<RefreshGranted>();
  const RefreshRule& rule = decide({*family, request.token.token, now, policy});
  const bool is_unchanged = rule.action == RefreshAction::keep || rule.action == RefreshAction::repeat;
  if (!is_unchanged || rule.alarm != RefreshAlarm::none) return std::optional<RefreshGranted>();
  auto scope = narrow_scope(*family, request.scope);
  if (!scope) return std::optional<RefreshGranted>();
  return granted(*std::move(family), *std::move(scope));
}

}  // namespace latchkey::identity
