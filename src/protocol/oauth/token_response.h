// The good answer of /token (RFC 6749 section 5.1, OpenID Connect Core 3.1.3.3,
// draft-ietf-oauth-refresh-token-expiration).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/oauth/scope.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

enum class TokenType { bearer, dpop };
std::string_view wire_word(TokenType type);  // "Bearer", "DPoP"

struct TokenResponse {
  AccessToken access_token;
  TokenType token_type = TokenType::bearer;
  std::chrono::seconds expires_in{0};
  std::optional<RefreshToken> refresh_token;
  std::optional<std::chrono::seconds> refresh_token_expires_in;  // idle: starts anew with every refresh
  std::optional<std::chrono::seconds> authorization_expires_in;  // absolute: the user must sign in again after it
  std::optional<Scope> scope;
  std::optional<IdToken> id_token;
};

WipedString print_token_response(const TokenResponse& response);
// Unknown members are ignored, as clients must; a missing expires_in reads as 0 seconds. Fails: protocol_violation.
Result<TokenResponse> parse_token_response(std::string_view json);

}  // namespace latchkey::protocol::oauth
