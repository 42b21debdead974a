// How an access token is presented to a resource, and how that is turned down (RFC 6750, RFC 9449 section 7, RFC 9470).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/oauth/secrets.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::protocol::oauth {

struct PresentedToken {
  TokenType type = TokenType::bearer;
  AccessToken token;
};
// The value of the Authorization header. Fails: invalid_token (another scheme), invalid_request (malformed).
Result<PresentedToken> parse_token_authorization(std::string_view authorization);
// "Bearer ..." or "DPoP ...".
WipedString print_token_authorization(TokenType type, const AccessToken& token);

// A WWW-Authenticate value: `DPoP error="invalid_token", error_description="...", algs="ES256 EdDSA"`. No error: the
// request had no token at all.
std::string print_challenge(TokenType type, const std::optional<Error>& error);

}  // namespace latchkey::protocol::oauth
