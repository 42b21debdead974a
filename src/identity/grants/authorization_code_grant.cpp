#include "identity/grants/authorization_code_grant.h"

#include <algorithm>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "identity/grants/authorization_code.h"
#include "identity/signals/status_index.h"
#include "identity/tokens/family_store.h"
#include "protocol/oauth/pkce.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

using CodeAnswer = Result<CodeGranted>;

struct StoredCode {
  AuthorizationGrant grant;
  Instant expires_at;
  std::optional<FamilyId> family;  // of its first use
  bool is_user_active = false;
};

template <class T>
Status take(const sql::Row& row, std::size_t column, T& into) {
  TRY(into, row.get<T>(column));
  return {};
}

Result<std::optional<StoredCode>> find_code(sql::Transaction& tx, const crypto::Sha256Digest& hash) {
  TRY(const sql::Rows rows,
      tx.query("SELECT client_id, user_id, sid, redirect_uri, code_challenge, jkt, scope, resource, nonce, "
               "authenticated_at, expires_at, family_id, COALESCE((SELECT CASE WHEN status = 0 THEN 1 ELSE 0 END FROM "
               "accounts WHERE accounts.id = authorization_codes.user_id), 0) FROM authorization_codes "
               "WHERE code_hash = $1",
               hash));
  if (rows.is_empty()) return std::optional<StoredCode>();
  const sql::Row row = rows[0];
  StoredCode code;
  TRY_DO(take(row, 0, code.grant.client));
  TRY_DO(take(row, 1, code.grant.user));
  TRY_DO(take(row, 2, code.grant.session));
  TRY_DO(take(row, 3, code.grant.redirect_uri));
  TRY_DO(take(row, 4, code.grant.code_challenge));
  TRY_DO(take(row, 5, code.grant.key_thumbprint));
  TRY_DO(take(row, 6, code.grant.scope));
  TRY_DO(take(row, 7, code.grant.resource));
  TRY_DO(take(row, 8, code.grant.nonce));
  TRY_DO(take(row, 9, code.grant.authenticated_at));
  TRY_DO(take(row, 10, code.expires_at));
  TRY_DO(take(row, 11, code.family));
  TRY_DO(take(row, 12, code.is_user_active));
  return std::optional(std::move(code));
}

Status check_key(const AuthorizationGrant& grant, const std::string& proven_thumbprint) {
  if (grant.key_thumbprint.empty() || grant.key_thumbprint == proven_thumbprint) return {};
  if (proven_thumbprint.empty()) return fail(Code::invalid_dpop_proof, "the code is bound to a key: send a proof");
  return fail(Code::invalid_grant, "the code is bound to another key");
}

Status check_code(const StoredCode& code, const CodeRequest& request, Instant now) {
  if (now >= code.expires_at) return fail(Code::invalid_grant, "the code has expired");
  if (request.grant.redirect_uri.value_or("") != code.grant.redirect_uri)  // none is needed where none was sent
    return fail(Code::invalid_grant, "redirect_uri is not the one of the authorization request");
  if (!request.grant.verifier) return fail(Code::invalid_grant, "code_verifier is missing");
  TRY_DO(oauth::check_pkce(*request.grant.verifier, code.grant.code_challenge));
  TRY_DO(check_key(code.grant, request.proven_thumbprint));
  if (!code.is_user_active) return fail(Code::invalid_grant, "the session is over");
  if (request.resource && *request.resource != code.grant.resource)
    return fail(Code::invalid_target, "the resource was not granted");
  return {};
}

Family make_family(const AuthorizationGrant& grant, const CodeRequest& request, const RotationPolicy& policy,
                   Instant now) {
  Family family;
  family.id = crypto::random_array<16>();
  family.salt = crypto::random_array<16>();
  family.session = grant.session;
  family.user = grant.user;
  family.client = grant.client;
  if (request.binds_family_to_key) family.key_thumbprint = request.proven_thumbprint;
  family.scope = grant.scope;
  family.resource = grant.resource;
  family.authenticated_at = grant.authenticated_at;
  family.rotated_at = family.issued_at = family.created_at = now;
  family.absolute_expires_at = now + policy.absolute_lifetime;
  family.idle_expires_at = std::min(now + policy.idle_lifetime, family.absolute_expires_at);
  return family;
}

// RFC 6749 section 4.1.2: whoever comes second, the tokens of the first are no longer trusted.
Result<CodeAnswer> refuse_second_use(sql::Transaction& tx, const FamilyId& family, Instant now) {
  TRY_DO(revoke_family(tx, family, RevocationReason::code_reuse, now));
  return CodeAnswer(fail(Code::invalid_grant, "the code was used before"));
}

}  // namespace

Result<CodeAnswer> redeem_authorization_code(sql::Transaction& tx, const CodeRequest& request,
                                             const RotationPolicy& policy, Instant now) {
  const auto hash = crypto::sha256(request.grant.code.reveal());
  TRY(const auto code, find_code(tx, hash));
  if (!code) return CodeAnswer(fail(Code::not_found, "unknown code"));
  if (code->grant.client != request.client) return CodeAnswer(fail(Code::invalid_grant, "unknown code"));
  if (code->family) return refuse_second_use(tx, *code->family, now);
  if (auto checked = check_code(*code, request, now); !checked) return CodeAnswer(tl::unexpected(checked.error()));

  Family family = make_family(code->grant, request, policy, now);
  TRY(const auto used, tx.execute("UPDATE authorization_codes SET family_id = $2 WHERE code_hash = $1 AND family_id IS "
                                  "NULL",
                                  hash, family.id));
  if (used != 1) return fail(Code::conflict, "the code is being used");  // unreachable in serialisable transactions
  TRY(family.status_index, take_status_index(tx, family.absolute_expires_at));
  TRY_DO(insert_family(tx, family));
  return CodeAnswer(CodeGranted{std::move(family), code->grant.nonce});
}

}  // namespace latchkey::identity
