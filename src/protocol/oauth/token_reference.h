// What POST /introspect (RFC 7662 section 2.1) and POST /revoke (RFC 7009 section 2.1) are asked with: which token, and
// who asks.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/form.h"
#include "protocol/oauth/client_authentication.h"
#include "protocol/oauth/secrets.h"

namespace latchkey::protocol::oauth {

enum class TokenHint { none, access_token, refresh_token };

struct TokenReference {
  AnyToken token;
  TokenHint hint = TokenHint::none;  // also of hints nobody knows (RFC 7009 section 2.1)
  ClientAuthentication client;
};
// Fails: invalid_request, invalid_client.
Result<TokenReference> parse_token_reference(const form::Form& body, std::optional<std::string_view> authorization);
WipedString print_token_reference(const TokenReference& reference);

}  // namespace latchkey::protocol::oauth
