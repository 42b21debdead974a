// POST /introspect (RFC 7662).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/client_authentication.h"
#include "protocol/oauth/secrets.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::protocol::oauth {

enum class TokenHint { none, access_token, refresh_token };

TokenHint find_token_hint(const form::Form& body);
void print_token_hint(TokenHint hint, form::Writer& body);

struct IntrospectionRequest {
  AnyToken token;
  TokenHint hint = TokenHint::none;
  ClientAuthentication client;
};
// Fails: invalid_request, invalid_client.
Result<IntrospectionRequest> parse_introspection_request(const form::Form& body,
                                                         std::optional<std::string_view> authorization);
WipedString print_introspection_request(const IntrospectionRequest& request);

// Of an inactive token nothing but that is said.
struct IntrospectionResponse {
  bool active = false;
  std::string scope, client_id, subject, audience, issuer, token_id, session_id;  // left out where empty
  std::optional<TokenType> token_type;
  std::optional<Instant> expires_at, issued_at;
  std::string key_thumbprint;  // cnf.jkt
};
std::string print_introspection_response(const IntrospectionResponse& response);
// Fails: protocol_violation.
Result<IntrospectionResponse> parse_introspection_response(std::string_view json);

}  // namespace latchkey::protocol::oauth
