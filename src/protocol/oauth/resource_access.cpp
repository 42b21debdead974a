#include "protocol/oauth/resource_access.h"

#include "protocol/oauth/error_response.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {

Result<PresentedToken> parse_token_authorization(std::string_view authorization) {
  const bool bearer = starts_with_ignoring_case(authorization, "bearer ");
  if (!bearer && !starts_with_ignoring_case(authorization, "dpop "))
    return fail(Code::invalid_token, "neither Bearer nor DPoP");
  const std::string_view token = authorization.substr(authorization.find(' ') + 1);
  if (token.empty() || token.size() > limits::jwt_bytes || !is_visible_ascii(token))
    return fail(Code::invalid_request, "token malformed");
  return PresentedToken{bearer ? TokenType::bearer : TokenType::dpop, AccessToken::copy_of(token)};
}

WipedString print_token_authorization(TokenType type, const AccessToken& token) {
  WipedString text(wire_word(type));
  text.push_back(' ');
  text.append(token.reveal_text());
  return text;
}

std::string print_challenge(TokenType type, const std::optional<Error>& error) {
  std::string text(wire_word(type));
  std::string_view separator = " ";
  const auto add = [&](std::string_view name, std::string_view value) {
    text.append(separator).append(name).append("=\"").append(value).append("\"");
    separator = ", ";
  };
  if (error) {
    add("error", wire_word(error->code));
    if (const std::string description = printable_description(*error); !description.empty())
      add("error_description", description);
  }
  if (type == TokenType::dpop) add("algs", "ES256 EdDSA RS256");
  return text;
}

}  // namespace latchkey::protocol::oauth
