#include "identity/tokens/token_issuer.h"

#include <algorithm>

#include "identity/signals/status_index.h"
#include "identity/tokens/access_token.h"
#include "identity/tokens/id_token.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

// Whole seconds: what a JWT can say. A token must not claim to be issued in the future.
Instant whole_seconds(Instant at) { return from_unix_seconds(to_unix_seconds(at)); }

std::chrono::seconds until(Instant end, Instant now) {
  return std::chrono::floor<std::chrono::seconds>(std::max(end - now, std::chrono::milliseconds::zero()));
}

Result<oauth::TokenResponse> respond(const AccessTokenClaims& claims, const KeySet& keys, std::string_view scope,
                                     Instant now) {
  TRY(const auto jwt, sign_access_token(claims, keys, now));
  oauth::TokenResponse response;
  response.access_token = oauth::AccessToken::copy_of(std::string_view(jwt));
  response.token_type = claims.key_thumbprint.empty() ? oauth::TokenType::bearer : oauth::TokenType::dpop;
  response.expires_in = std::chrono::floor<std::chrono::seconds>(claims.expires_at - claims.issued_at);
  if (!scope.empty()) {
    TRY(response.scope, oauth::Scope::parse(scope));
  }
  return response;
}

}  // namespace

Result<oauth::TokenResponse> TokenIssuer::issue(const FamilyTokens& tokens, Instant now) const {
  const Family& family = tokens.family;
  const auto keys = signing_keys_.current();
  AccessTokenClaims claims;
  claims.issuer = settings_.issuer;
  claims.subject = family.user.value();
  claims.audience = family.resource.empty() ? settings_.issuer : family.resource;
  claims.client_id = family.client.value();
  claims.token_id = new_token_id(family.id);
  claims.issued_at = whole_seconds(now);
  claims.expires_at = claims.issued_at + settings_.access_token_lifetime;
  claims.scope = tokens.scope;
  claims.session_id = family.session.value();
  claims.key_thumbprint = tokens.proven_thumbprint;
  claims.auth_time = whole_seconds(family.authenticated_at);
  claims.generation = tokens.refresh_token.generation;
  if (family.status_index) claims.status = status_reference(settings_.issuer, *family.status_index);
  TRY(auto response, respond(claims, *keys, tokens.scope, now));

  if (tokens.has_refresh_token) {
    const auto text = refresh_keys_.issue(family, tokens.refresh_token);
    response.refresh_token = oauth::RefreshToken::copy_of(std::string_view(text));
    response.refresh_token_expires_in = until(family.idle_expires_at, now);
    response.authorization_expires_in = until(family.absolute_expires_at, now);
  }
  if (response.scope && response.scope->has("openid")) {
    const IdTokenClaims id{family.user,
                           family.client,
                           family.session,
                           std::string(tokens.nonce),
                           claims.issued_at,
                           claims.expires_at,
                           whole_seconds(family.authenticated_at)};
    TRY(const auto jwt, sign_id_token(id, response.access_token.reveal_text(), settings_.issuer, *keys, now));
    response.id_token = oauth::IdToken::copy_of(std::string_view(jwt));
  }
  return response;
}

Result<oauth::TokenResponse> TokenIssuer::issue(const ClientTokens& tokens, Instant now) const {
  AccessTokenClaims claims;
  claims.issuer = settings_.issuer;
  claims.subject = tokens.client.value();
  claims.audience = tokens.resource.empty() ? settings_.issuer : std::string(tokens.resource);
  claims.client_id = tokens.client.value();
  claims.token_id = new_token_id();
  claims.issued_at = whole_seconds(now);
  claims.expires_at = claims.issued_at + settings_.access_token_lifetime;
  claims.scope = tokens.scope;
  claims.key_thumbprint = tokens.proven_thumbprint;
  return respond(claims, *signing_keys_.current(), tokens.scope, now);
}

}  // namespace latchkey::identity
