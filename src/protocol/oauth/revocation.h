// POST /revoke (RFC 7009). The good answer has no body.
#pragma once

#include "protocol/oauth/introspection.h"

namespace latchkey::protocol::oauth {

struct RevocationRequest {
  AnyToken token;
  TokenHint hint = TokenHint::none;
  ClientAuthentication client;
};
// Fails: invalid_request, invalid_client.
Result<RevocationRequest> parse_revocation_request(const form::Form& body,
                                                   std::optional<std::string_view> authorization);
WipedString print_revocation_request(const RevocationRequest& request);

}  // namespace latchkey::protocol::oauth
