// POST /introspect (RFC 7662): may this token be used now? For the client it was issued to, and for resource servers
// about tokens made for them. Everybody else, and every token that is not good, gets the same {"active":false}.
#include <algorithm>

#include "identity/checks/access_token_check.h"
#include "identity/checks/client_authentication.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/tokens/family_store.h"
#include "protocol/oauth/introspection.h"
#include "protocol/oauth/token_reference.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

using Introspected = Result<oauth::IntrospectionResponse>;

bool may_ask_about(const Client& client, const AccessTokenClaims& claims, const std::string& issuer) {
  if (claims.client_id == client.id.value()) return true;
  if (!client.may_introspect) return false;
  return claims.audience == issuer || client.may_ask_for_resource(claims.audience);
}

oauth::IntrospectionResponse describe(const AccessTokenClaims& claims) {
  oauth::IntrospectionResponse response;
  response.active = true;
  response.scope = claims.scope;
  response.client_id = claims.client_id;
  response.subject = claims.subject;
  response.audience = claims.audience;
  response.issuer = claims.issuer;
  response.token_id = claims.token_id;
  response.session_id = claims.session_id;
  response.token_type = claims.key_thumbprint.empty() ? oauth::TokenType::bearer : oauth::TokenType::dpop;
  response.expires_at = claims.expires_at;
  response.issued_at = claims.issued_at;
  response.key_thumbprint = claims.key_thumbprint;
  return response;
}

http::Task<Introspected> describe_access_token(OAuthService& service, const Client& client, std::string_view text,
                                               Instant now) {
  const oauth::IntrospectionResponse inactive;
  const auto keys = service.issuer.signing_keys().current();
  const auto claims = service.verified.verify(text, service.issuer.issuer(), *keys, now);
  if (!claims || !may_ask_about(client, **claims, service.issuer.issuer())) co_return inactive;
  CO_TRY(const bool is_alive, co_await is_access_token_alive(service, **claims, now));
  if (!is_alive) co_return inactive;
  co_return describe(**claims);
}

// Only for the client that holds it; any but the newest is of no use and not active.
Result<oauth::IntrospectionResponse> describe_refresh_token(sql::Transaction& tx, const ParsedRefreshToken& token,
                                                            const ClientId& client, const RefreshTokenKeys& keys,
                                                            Instant now) {
  oauth::IntrospectionResponse response;
  TRY(const auto family, find_family(tx, token.family));
  if (!family || family->client != client || !keys.verify(token, *family)) return response;
  const Instant end = std::min(family->idle_expires_at, family->absolute_expires_at);
  const bool is_newest = token.token.generation == family->generation && token.token.attempt == family->attempt;
  if (!is_newest || family->is_revoked || !family->is_user_active || end <= now) return response;
  response.active = true;
  response.scope = family->scope;
  response.client_id = client.value();
  response.subject = family->user.value();
  response.session_id = family->session.value();
  response.expires_at = end;
  response.issued_at = family->issued_at;
  response.key_thumbprint = family->key_thumbprint;
  return response;
}

http::Task<Introspected> introspect(OAuthService& service, const http::Request& request, Instant now) {
  CO_TRY(const auto form, read_form(request));
  CO_TRY(const auto authorization, authorization_of(request));
  CO_TRY(const auto question, oauth::parse_token_reference(form, authorization));
  CO_TRY(const auto client, authenticate_client(service.clients, question.client));
  if (client->kind != ClientKind::confidential)
    co_return fail(Code::invalid_client, "introspection needs a client with a secret");

  const auto text = question.token.reveal_text();
  const auto refresh_token = parse_refresh_token(text);
  if (!refresh_token) co_return co_await describe_access_token(service, *client, text, now);
  auto work = [&](sql::Transaction& tx) {
    return describe_refresh_token(tx, *refresh_token, client->id, service.issuer.refresh_keys(), now);
  };
  co_return co_await service.db.read(work);
}

}  // namespace

http::Task<http::Response> answer_introspect(OAuthService& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto answer = co_await introspect(service, request, now);
  if (!answer) co_return refuse_client(answer.error(), request, service.dpop);
  co_return private_json(200, WipedString(print_introspection_response(*answer)));
}

}  // namespace latchkey::identity
