#include "identity/grants/authorization_code.h"

#include "base/base64url.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace latchkey::identity {

Result<protocol::oauth::AuthorizationCode> issue_authorization_code(sql::Transaction& tx,
                                                                    const AuthorizationGrant& grant, Instant now) {
  const auto random = crypto::random_secret<struct CodeBytesTag>(32);
  auto code = protocol::oauth::AuthorizationCode::copy_of(to_wiped_base64url(random.reveal()));
  TRY_DO(tx.execute(
      "INSERT INTO authorization_codes (code_hash, client_id, user_id, sid, redirect_uri, code_challenge, jkt, scope, "
      "resource, nonce, authenticated_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      crypto::sha256(code.reveal()), grant.client, grant.user, grant.session, grant.redirect_uri, grant.code_challenge,
      grant.key_thumbprint, grant.scope, grant.resource, grant.nonce, grant.authenticated_at,
      now + authorization_code_lifetime));
  return code;
}

// Used ones are kept for a while, to tell a second use; the others are good for nothing, and a clock that steps back
// would make them good again.
Status drop_old_authorization_codes(sql::Transaction& tx, Instant now) {
  TRY_DO(
      tx.execute("DELETE FROM authorization_codes WHERE expires_at <= $1 OR (family_id IS NULL AND expires_at <= $2)",
                 now - std::chrono::hours(1), now));
  return {};
}

}  // namespace latchkey::identity
