// POST /token: which grant, for whom, with which key; then the grant decides.
#include "identity/checks/client_authentication.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/grants/authorization_code_grant.h"
#include "identity/grants/client_credentials_grant.h"
#include "identity/grants/refresh_grant.h"
#include "protocol/oauth/token_request.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

using Answer = Result<oauth::TokenResponse>;

// A request all of whose general checks have passed.
struct Caller {
  const Client& client;
  std::string thumbprint;  // of the key it proved; empty: none
  http::Address address;
};

GrantType type_of(const oauth::AuthorizationCodeGrant&) { return GrantType::authorization_code; }
GrantType type_of(const oauth::RefreshTokenGrant&) { return GrantType::refresh_token; }
GrantType type_of(const oauth::ClientCredentialsGrant&) { return GrantType::client_credentials; }

Status check_may_use(const Client& client, const oauth::TokenRequest& request) {
  const auto type = std::visit([](const auto& grant) { return type_of(grant); }, request.grant);
  if (!client.may_use(type)) return fail(Code::unauthorized_client, "the client may not use this grant");
  return {};
}

Status check_proof_given(const Client& client, const std::optional<std::string>& thumbprint) {
  if (client.requires_dpop && !thumbprint) return fail(Code::invalid_dpop_proof, "this client must send DPoP proofs");
  return {};
}

// One that was never issued, or long ago.
Answer refuse_unknown(OAuthService& service, const Caller& caller, std::string_view what, Instant now) {
  service.refused_tokens.count(caller.address, now);
  return fail(Code::invalid_grant, what);
}

http::Task<Answer> answer_grant(OAuthService& service, const oauth::AuthorizationCodeGrant& grant,
                                const oauth::TokenRequest& request, const Caller& caller, Instant now) {
  const CodeRequest redeem{.grant = grant,
                           .resource = request.resource,
                           .client = caller.client.id,
                           .proven_thumbprint = caller.thumbprint,
                           .binds_family_to_key = caller.client.kind == ClientKind::public_client};
  auto work = [&](sql::Transaction& tx) { return redeem_authorization_code(tx, redeem, service.rotation, now); };
  CO_TRY(auto answer, co_await service.db.write(work));
  if (!answer && answer.error().code == Code::not_found) co_return refuse_unknown(service, caller, "unknown code", now);
  CO_TRY(const CodeGranted granted, std::move(answer));
  co_return service.issuer.issue({.family = granted.family,
                                  .refresh_token = {},
                                  .scope = granted.family.scope,
                                  .proven_thumbprint = caller.thumbprint,
                                  .nonce = granted.nonce,
                                  .has_refresh_token = caller.client.may_use(GrantType::refresh_token)},
                                 now);
}

http::Task<Answer> answer_grant(OAuthService& service, const oauth::RefreshTokenGrant& grant,
                                const oauth::TokenRequest& request, const Caller& caller, Instant now) {
  const auto token = parse_refresh_token(grant.refresh_token.reveal_text());
  if (!token) co_return refuse_unknown(service, caller, "unknown refresh token", now);
  const RefreshRequest refresh{.token = *token,
                               .client = caller.client.id,
                               .proven_thumbprint = caller.thumbprint,
                               .scope = grant.scope,
                               .resource = request.resource};
  auto answer = co_await refresh_grant(service, refresh, now);
  if (!answer && answer.error().code == Code::not_found)
    co_return refuse_unknown(service, caller, "unknown refresh token", now);
  co_return answer;
}

http::Task<Answer> answer_grant(OAuthService& service, const oauth::ClientCredentialsGrant& grant,
                                const oauth::TokenRequest& request, const Caller& caller, Instant now) {
  CO_TRY(const auto granted, grant_client_credentials(caller.client, grant.scope, request.resource));
  co_return service.issuer.issue(ClientTokens{.client = caller.client.id,
                                              .scope = granted.scope,
                                              .resource = granted.resource,
                                              .proven_thumbprint = caller.thumbprint},
                                 now);
}

// Before the proof is checked: it stays good for the next attempt.
Status check_address(const OAuthService& service, const oauth::TokenRequest& request, const http::Address& address,
                     Instant now) {
  const bool may_be_guessed = !std::holds_alternative<oauth::ClientCredentialsGrant>(request.grant);
  if (may_be_guessed && service.refused_tokens.find_wait(address, now))
    return fail(Code::locked_out, "too many unknown tokens and codes from this address");
  return {};
}

http::Task<Answer> issue_tokens(OAuthService& service, const http::Request& request, Instant now) {
  CO_TRY(const auto form, read_form(request));
  CO_TRY(const auto authorization, authorization_of(request));
  CO_TRY(const auto token_request, oauth::parse_token_request(form, authorization));
  CO_TRY(const auto client, authenticate_client(service.clients, token_request.client));
  CO_TRY_DO(check_may_use(*client, token_request));
  CO_TRY_DO(check_address(service, token_request, request.client, now));
  CO_TRY(const auto thumbprint, service.dpop.check(request, {.url = service.token_url, .access_token = {}}));
  CO_TRY_DO(check_proof_given(*client, thumbprint));

  const Caller caller{*client, thumbprint.value_or(""), request.client};
  auto answer = std::visit([&](const auto& grant) { return answer_grant(service, grant, token_request, caller, now); },
                           token_request.grant);
  co_return co_await std::move(answer);
}

}  // namespace

http::Task<http::Response> answer_token(OAuthService& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto answer = co_await issue_tokens(service, request, now);
  if (!answer && answer.error().code == Code::locked_out)
    co_return ask_to_wait(service.refused_tokens.find_wait(request.client, now).value_or(std::chrono::seconds(1)));
  if (!answer) co_return refuse_client(answer.error(), request, service.dpop);
  auto response = private_json(200, print_token_response(*answer));
  offer_nonce(response, service.dpop);
  co_return response;
}

}  // namespace latchkey::identity
