#include "protocol/oauth/revocation.h"

#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {

Result<RevocationRequest> parse_revocation_request(const form::Form& body,
                                                   std::optional<std::string_view> authorization) {
  RevocationRequest request;
  TRY(request.client, parse_client_authentication(body, authorization));
  TRY(request.token, get_token<AnyToken>(body, "token"));
  request.hint = find_token_hint(body);
  return request;
}

WipedString print_revocation_request(const RevocationRequest& request) {
  form::Writer body;
  body.add("token", request.token.reveal_text());
  print_token_hint(request.hint, body);
  print_client_authentication(request.client, body);
  return body.take();
}

}  // namespace latchkey::protocol::oauth
