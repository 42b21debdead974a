#include "protocol/oauth/token_reference.h"

#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

TokenHint find_token_hint(const form::Form& body) {
  const auto hint = body.find("token_type_hint");
  if (hint == "access_token") return TokenHint::access_token;
  if (hint == "refresh_token") return TokenHint::refresh_token;
  return TokenHint::none;
}

}  // namespace

Result<TokenReference> parse_token_reference(const form::Form& body, std::optional<std::string_view> authorization) {
  TokenReference reference;
  TRY(reference.client, parse_client_authentication(body, authorization));
  TRY(reference.token, get_token<AnyToken>(body, "token"));
  reference.hint = find_token_hint(body);
  return reference;
}

WipedString print_token_reference(const TokenReference& reference) {
  form::Writer body;
  body.add("token", reference.token.reveal_text());
  if (reference.hint == TokenHint::access_token) body.add("token_type_hint", "access_token");
  if (reference.hint == TokenHint::refresh_token) body.add("token_type_hint", "refresh_token");
  print_client_authentication(reference.client, body);
  return body.take();
}

}  // namespace latchkey::protocol::oauth
