// Access tokens: JWTs of RFC 9068, signed with ES256, living five minutes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "identity/tokens/family.h"
#include "identity/tokens/signing_keys.h"

namespace latchkey::identity {

struct AccessTokenClaims {
  std::string subject;  // a user's id, or the client's id for client_credentials
  ClientId client;
  std::string audience;  // one: the resource asked for, else the issuer
  std::string scope;
  std::string key_thumbprint;  // `cnf.jkt`; empty: bearer
  std::string id;              // `jti`
  std::int64_t issued_at = 0;  // seconds
  std::int64_t expires_at = 0;
  std::int64_t authenticated_at = 0;  // `auth_time`; 0 when no user signed in

  std::optional<FamilyId> family;  // `fam`: the row that revokes it; none for client_credentials
  SessionId session;               // `sid`
  std::uint32_t generation = 0;    // `gen`: of the refresh token issued with it

  bool has_scope(std::string_view name) const;
};

std::string new_token_id();  // 16 random bytes in base64url

// The compact JWT. Fails: crypto_failed; temporarily_unavailable when no key may sign now.
Result<std::string> sign_access_token(const AccessTokenClaims& claims, std::string_view issuer, const KeySet& keys,
                                      Instant now);

// Checks typ, alg, signature, iss, exp and the types of all claims; not the audience, nor whether it was revoked.
// Fails: invalid_token.
Result<AccessTokenClaims> verify_access_token(std::string_view jwt, std::string_view issuer, const KeySet& keys,
                                              Instant now);

}  // namespace latchkey::identity
