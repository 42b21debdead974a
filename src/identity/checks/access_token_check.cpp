#include "identity/checks/access_token_check.h"

#include "identity/endpoints/oauth_service.h"
#include "identity/tokens/family_store.h"
#include "protocol/oauth/resource_access.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

using Claims = std::shared_ptr<const AccessTokenClaims>;

// RFC 9449 section 7.1: a bound token goes with the DPoP scheme and a proof of its key, any other with neither.
Status check_binding(const AccessTokenClaims& claims, oauth::TokenType type,
                     const std::optional<std::string>& thumbprint) {
  const bool is_bound = !claims.key_thumbprint.empty();
  if (is_bound != (type == oauth::TokenType::dpop)) return fail(Code::invalid_token, "wrong scheme for this token");
  if (!is_bound && thumbprint) return fail(Code::invalid_token, "a proof goes with the DPoP scheme");
  if (!is_bound) return {};
  if (!thumbprint) return fail(Code::invalid_dpop_proof, "the DPoP proof is missing");
  if (*thumbprint != claims.key_thumbprint) return fail(Code::invalid_token, "the token is bound to another key");
  return {};
}

bool has_scope(const AccessTokenClaims& claims, std::string_view name) {
  const auto scope = oauth::Scope::parse(claims.scope);
  return scope && scope->has(name);
}

}  // namespace

http::Task<Result<bool>> is_access_token_alive(OAuthService& service, const AccessTokenClaims& claims, Instant now) {
  if (!service.clients.find(claims.client_id)) co_return false;
  const auto family = family_of(claims.token_id);
  if (!family) {
    auto look = [&](sql::Transaction& tx) { return is_access_token_revoked(tx, claims.token_id); };
    CO_TRY(const bool is_revoked, co_await service.db.read(look));
    co_return !is_revoked;
  }
  auto look = [&](sql::Transaction& tx) { return find_access_token_state(tx, *family, claims.token_id, now); };
  CO_TRY(const auto state, co_await service.db.read(look));
  if (!state.is_alive) co_return false;
  const bool is_news = claims.generation == state.generation && state.seen_generation < state.generation;
  if (is_news && claims.key_thumbprint.empty()) {
    auto note = [&](sql::Transaction& tx) { return mark_generation_seen(tx, *family, state.generation); };
    CO_TRY_DO(co_await service.db.write(note));
  }
  co_return true;
}

oauth::TokenType presented_type(const http::Request& request) {
  const auto value = request.headers.find("Authorization");
  const auto presented = value ? oauth::parse_token_authorization(*value) : fail(Code::not_signed_in);
  return presented ? presented->type : oauth::TokenType::bearer;
}

http::Task<Result<Claims>> check_access_token(OAuthService& service, const http::Request& request, std::string_view url,
                                              std::string_view scope, Instant now) {
  if (!request.query.empty()) co_return fail(Code::invalid_request, "this resource takes no parameters in its URL");
  if (request.headers.count("Authorization") > 1) co_return fail(Code::invalid_request, "several Authorization fields");
  const auto header = request.headers.find("Authorization");
  if (!header) co_return fail(Code::not_signed_in);
  CO_TRY(const auto presented, oauth::parse_token_authorization(*header));
  const auto text = presented.token.reveal_text();
  const auto keys = service.issuer.signing_keys().current();
  CO_TRY(const Claims claims, service.verified.verify(text, service.issuer.issuer(), *keys, now));
  if (claims->audience != service.issuer.issuer()) co_return fail(Code::invalid_token, "the token is for another API");
  CO_TRY(const auto thumbprint, service.dpop.check(request, {.url = url, .access_token = text}));
  CO_TRY_DO(check_binding(*claims, presented.type, thumbprint));
  CO_TRY(const bool is_alive, co_await is_access_token_alive(service, *claims, now));
  if (!is_alive) co_return fail(Code::invalid_token, "the token was revoked");
  if (!has_scope(*claims, scope)) co_return fail(Code::insufficient_scope, "the token lacks the scope");
  co_return claims;
}

}  // namespace latchkey::identity
