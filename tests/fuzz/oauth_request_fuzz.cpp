// Links: protocol
// What clients send to the OAuth endpoints. The first line is the Authorization field, the rest a form or query; every
// endpoint's parser gets both. What is accepted is within the limits and prints as what reads the same again.
#include "protocol/limits.h"
#include "protocol/oauth/authorization_request.h"
#include "protocol/oauth/end_session.h"
#include "protocol/oauth/pkce.h"
#include "protocol/oauth/resource_access.h"
#include "protocol/oauth/token_reference.h"
#include "protocol/oauth/token_request.h"
#include "protocol/uri.h"
#include "tests/fuzz/property.h"

using namespace latchkey;
using namespace latchkey::protocol;
using namespace latchkey::protocol::oauth;
using fuzz::holds;

namespace {

using Field = std::optional<std::string_view>;

form::Form read_again(const WipedString& printed) {
  auto form = form::Form::parse(printed, printed.size() + 1);
  holds(form.has_value(), "what is printed is a form");
  return *std::move(form);
}

void check_client(const ClientAuthentication& client, Field authorization) {
  holds(!client.client_id.empty() && client.client_id.size() <= limits::client_id_bytes, "client ids are bounded");
  holds((client.method == ClientAuthenticationMethod::none) == !client.secret, "a secret goes with its method");
  const bool is_basic = client.method == ClientAuthenticationMethod::client_secret_basic;
  holds(is_basic == authorization.has_value(), "an Authorization field is never passed over");
  if (!is_basic) return;
  const auto printed = basic_authorization(client);
  const auto again = parse_client_authentication(*form::Form::parse(""), *printed);
  holds(again && again->client_id == client.client_id && again->secret->reveal_text() == client.secret->reveal_text(),
        "Basic credentials are printed as they were read");
}

template <class Parse, class Print>
void check_settles(const form::Form& body, Field authorization, Parse parse, Print print) {
  const auto request = parse(body, authorization);
  if (!request) return;
  check_client(request->client, authorization);
  const WipedString printed = print(*request);
  const auto again = parse(read_again(printed), authorization);
  holds(again && print(*again) == printed, "reading and printing settle after one round");
}

void check_token_request(const form::Form& body, Field authorization) {
  check_settles(body, authorization, parse_token_request, print_token_request);
  const auto request = parse_token_request(body, authorization);
  if (!request) return;
  if (const auto* const grant = std::get_if<RefreshTokenGrant>(&request->grant))
    holds(grant->refresh_token.size() <= limits::jwt_bytes, "refresh tokens are bounded");
  const auto* const grant = std::get_if<AuthorizationCodeGrant>(&request->grant);
  if (grant == nullptr) return;
  holds(grant->code.size() > 0 && grant->code.size() <= limits::jwt_bytes, "codes are bounded");
  if (grant->verifier) holds(grant->verifier->size() <= limits::pkce_verifier_maximum, "verifiers are bounded");
}

void check_authorization_request(const form::Form& query) {
  const auto target = parse_authorization_target(query);
  const auto request = parse_authorization_request(query);
  if (!request) return;
  // Where it may go is read first; both must have read the same.
  holds(target && target->client_id == request->client_id && target->redirect_uri == request->redirect_uri &&
            target->state == request->state,
        "one reading of where the answer goes");
  holds(check_pkce_challenge(request->code_challenge).has_value(), "a challenge is there");
  holds(!request->state || request->state->size() <= limits::state_bytes, "states are bounded");
  holds(!request->nonce || request->nonce->size() <= limits::nonce_bytes, "nonces are bounded");
  holds(request->scope.names().size() <= limits::scope_tokens, "scopes are bounded");
  holds(!request->has_prompt(Prompt::none) || request->prompts.size() == 1, "none stands alone");
  const WipedString printed = print_authorization_request(*request);
  const auto again = parse_authorization_request(read_again(printed));
  holds(again && print_authorization_request(*again) == printed, "reading and printing settle after one round");
}

void check_end_session(const form::Form& query) {
  const auto request = parse_end_session_request(query);
  if (!request) return;
  holds(!request->state || request->state->size() <= limits::state_bytes, "states are bounded");
  const WipedString printed = print_end_session_request(*request);
  const auto again = parse_end_session_request(read_again(printed));
  holds(again && print_end_session_request(*again) == printed, "reading and printing settle after one round");
}

void check_presented_token(std::string_view authorization) {
  const auto presented = parse_token_authorization(authorization);
  if (!presented) return;
  holds(presented->token.size() > 0 && presented->token.size() <= limits::jwt_bytes, "tokens are bounded");
  const WipedString printed = print_token_authorization(presented->type, presented->token);
  holds(printed.size() == authorization.size() && authorization.ends_with(presented->token.reveal_text()),
        "nothing but the scheme's case changes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const Field authorization = line == 0 ? std::nullopt : Field(text.substr(0, line));
  check_presented_token(text.substr(0, line));
  const auto form = form::Form::parse(text.substr(std::min(line + 1, text.size())));
  if (!form) return 0;
  check_token_request(*form, authorization);
  check_settles(*form, authorization, parse_token_reference, print_token_reference);
  check_authorization_request(*form);
  check_end_session(*form);
  return 0;
}
