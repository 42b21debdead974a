// Access tokens: JWTs of RFC 9068, signed with ES256, living five minutes. Their `jti` names the family that can revoke
// them: base64url(family id(16) | random(16)); a client's own token (client_credentials) has base64url(random(16)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "identity/tokens/family.h"
#include "identity/tokens/signing_keys.h"
#include "protocol/oauth/access_token.h"

namespace latchkey::identity {

using protocol::oauth::AccessTokenClaims;

std::string new_token_id();
std::string new_token_id(const FamilyId& family);
// Nothing: a client's own token.
std::optional<FamilyId> family_of(std::string_view token_id);

// The compact JWT. Fails: crypto_failed; temporarily_unavailable when no key may sign.
Result<WipedString> sign_access_token(const AccessTokenClaims& claims, const KeySet& keys, Instant now);

// Checks typ, alg, signature, iss, exp and the types of all claims; not the audience, nor whether it was revoked.
// Fails: invalid_token.
Result<AccessTokenClaims> verify_access_token(std::string_view jwt, std::string_view issuer, const KeySet& keys,
                                              Instant now);

}  // namespace latchkey::identity
