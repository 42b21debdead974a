#include "apps/latchkey/tour/bearer_app.h"

#include <thread>

#include "crypto/random.h"
#include "protocol/form.h"
#include "protocol/oauth/authorization_request.h"
#include "protocol/oauth/authorization_response.h"
#include "protocol/oauth/pkce.h"
#include "session/authorized_client.h"

namespace latchkey::app::tour {
namespace {

using namespace std::chrono_literals;
using namespace protocol::oauth;

constexpr auto longer_than_grace = 1200ms;  // the tour's server has a grace of one second

bool is_refused(const Result<TokenResponse>& answer) { return !answer && answer.error().code == Code::invalid_grant; }

}  // namespace

// A sign-in without a device key, by hand.
Status BearerApp::sign_in() {
  TRY(client_, session::OAuthClient::create(stage_.issuer(), "latchkey-cli", *stage_.client, stage_.clock));
  const PkceVerifier verifier = make_pkce_verifier(crypto::random_array<32>());
  AuthorizationRequest request;
  request.client_id = client_->client_id();
  request.redirect_uri = "http://127.0.0.1:9/callback";
  request.state = "tour";
  TRY(request.scope, Scope::parse("openid offline_access"));
  request.code_challenge = pkce_challenge(verifier);
  TRY(const auto metadata, client_->metadata({}));
  TRY(const std::string back,
      stage_.person->visit(metadata->authorization_endpoint + "?" + std::string(print_authorization_request(request))));
  TRY(const auto query, protocol::form::Form::parse(std::string_view(back).substr(back.find('?') + 1)));
  TRY(auto response, parse_authorization_response(query));
  TRY_DO(check_authorization_response(response, "tour", client_->issuer(), IssuerParameter::required));
  auto* code = std::get_if<AuthorizationCode>(&response.result);
  if (code == nullptr) return tl::unexpected(std::get<Error>(response.result));
  TRY(TokenResponse tokens,
      client_->exchange_code({std::move(*code), request.redirect_uri, verifier.clone()}, nullptr, {}));
  first_ = *std::move(tokens.refresh_token);
  return {};
}

Result<std::string> BearerApp::survive_a_lost_answer() {
  TRY_DO(sign_in());
  const int lost = stage_.network->lost_answers();
  stage_.network->lose_answers(1);
  [[maybe_unused]] const auto unheard = client_->refresh(first_, nullptr, {});  // curl itself may have asked again
  if (stage_.network->lost_answers() == lost) return fail(Code::internal, "no answer was lost");
  TRY(TokenResponse again, client_->refresh(first_, nullptr, {}));
  TRY(const TokenResponse once_more, client_->refresh(first_, nullptr, {}));
  if (again.refresh_token->reveal_text() != once_more.refresh_token->reveal_text())
    return fail(Code::internal, "two successors of one token");
  newest_ = *std::move(again.refresh_token);
  return "the server had rotated the token and nobody heard; asking again gave the same successor, twice";
}

Result<std::string> BearerApp::be_robbed() {
  TRY(TokenResponse third, client_->refresh(newest_, nullptr, {}));
  std::this_thread::sleep_for(longer_than_grace);
  if (!is_refused(client_->refresh(first_, nullptr, {}))) return fail(Code::internal, "the thief got tokens");
  if (!is_refused(client_->refresh(*third.refresh_token, nullptr, {})))
    return fail(Code::internal, "the family lives on");
  return "the copied token was two steps old: refused, and the family is revoked for thief and owner alike";
}

Result<std::string> BearerApp::tell_the_owner() {
  session::AuthorizedClient api(*stage_.session, *stage_.client, {stage_.issuer()});
  http::Request request;
  request.url = stage_.issuer() + "/v1/events";
  TRY(const http::Response response, api.send(request));
  if (response.status != 200 || response.body_text().find("reuse") == std::string_view::npos)
    return fail(Code::internal, "the owner was not told");
  return "the owner's other device, whose session goes on, reads: " + std::string(response.body_text().substr(0, 160));
}

}  // namespace latchkey::app::tour
