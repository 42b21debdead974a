// Logout tokens (OpenID Connect Back-Channel Logout 1.0): what an identity server posts to an app's backend when a
// session of it ended, and how the app checks it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "protocol/jose/jwt.h"

namespace latchkey::protocol::oauth {

struct LogoutToken {
  std::string issuer, audience;
  std::string token_id;  // `jti`: the same however often this logout is sent; an app remembers those it has seen
  Instant issued_at, expires_at;
  std::string subject, session_id;  // one of them may be empty, when read
};

// The payload, for a JwsSigner with typ "logout+jwt" (section 2.4).
std::string print_logout_token_claims(const LogoutToken& token);

// What an app must check (section 2.6), but for having seen the `jti` before: typ, signature, `iss`, `aud`, times, the
// event, a `sub` or a `sid`, and that there is no nonce: else it could pass for an ID token. Fails: invalid_token with
// the failed check; not_found when no key fits.
Result<LogoutToken> verify_logout_token(std::string_view token, const jose::Jwks& keys, std::string_view issuer,
                                        std::string_view audience, Instant now);

}  // namespace latchkey::protocol::oauth
