#include "protocol/oauth/end_session.h"

#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {

Result<EndSessionRequest> parse_end_session_request(const form::Form& query) {
  EndSessionRequest request;
  if (query.has("id_token_hint")) {
    TRY(request.id_token_hint, get_token<IdToken>(query, "id_token_hint"));
  }
  request.client_id = query.find_text("client_id");
  request.post_logout_redirect_uri = query.find_text("post_logout_redirect_uri");
  request.state = query.find_text("state");
  if (request.state && request.state->size() > limits::state_bytes)
    return fail(Code::invalid_request, "state too long");
  if (request.client_id && request.client_id->size() > limits::client_id_bytes)
    return fail(Code::invalid_request, "client_id malformed");
  return request;
}

WipedString print_end_session_request(const EndSessionRequest& request) {
  form::Writer query;
  if (request.id_token_hint) query.add("id_token_hint", request.id_token_hint->reveal_text());
  query.add_if_any("client_id", request.client_id);
  query.add_if_any("post_logout_redirect_uri", request.post_logout_redirect_uri).add_if_any("state", request.state);
  return query.take();
}

}  // namespace latchkey::protocol::oauth
