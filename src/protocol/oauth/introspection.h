// What POST /introspect answers (RFC 7662 section 2.2). The request: token_reference.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "protocol/oauth/token_response.h"

namespace latchkey::protocol::oauth {

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
