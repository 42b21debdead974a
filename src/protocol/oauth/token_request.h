// POST /token (RFC 6749 sections 4.1.3, 4.4.2, 6; RFC 7636; RFC 8707).
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "protocol/form.h"
#include "protocol/oauth/client_authentication.h"
#include "protocol/oauth/scope.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

struct AuthorizationCodeGrant {
  AuthorizationCode code;
  std::optional<std::string> redirect_uri;
  std::optional<PkceVerifier> verifier;  // the server demands it; absent so that it can say so
};
struct RefreshTokenGrant {
  RefreshToken refresh_token;
  std::optional<Scope> scope;
};
struct ClientCredentialsGrant {
  std::optional<Scope> scope;
};

struct TokenRequest {
  std::variant<AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant> grant;
  std::optional<std::string> resource;  // one at most: an access token has one audience
  ClientAuthentication client;
};

// Fails: invalid_request, invalid_client, invalid_grant (a verifier of wrong form), invalid_scope, invalid_target,
// unsupported_grant_type.
Result<TokenRequest> parse_token_request(const form::Form& body, std::optional<std::string_view> authorization);
// The body; send basic_authorization(request.client) with it.
WipedString print_token_request(const TokenRequest& request);

}  // namespace latchkey::protocol::oauth
