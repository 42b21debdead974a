// ID tokens (OpenID Connect Core section 2), signed with ES256, living five minutes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "identity/ids.h"
#include "identity/tokens/signing_keys.h"

namespace latchkey::identity {

struct IdTokenClaims {
  UserId subject;
  ClientId client;  // `aud`
  SessionId session;
  std::string nonce;  // empty: none was sent
  Instant issued_at;
  Instant expires_at;
  Instant authenticated_at;
};

// `access_token` gives `at_hash`. Fails: crypto_failed, temporarily_unavailable.
Result<WipedString> sign_id_token(const IdTokenClaims& claims, std::string_view access_token, std::string_view issuer,
                                  const KeySet& keys, Instant now);

// For `id_token_hint`: signature, typ, iss and the types of claims are checked; an expired one is accepted, as OpenID
// Connect RP-Initiated Logout section 2 asks. Fails: id_token_invalid.
Result<IdTokenClaims> verify_id_token_hint(std::string_view jwt, std::string_view issuer, const KeySet& keys);

}  // namespace latchkey::identity
