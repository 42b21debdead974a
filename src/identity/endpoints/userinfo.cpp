// GET and POST /userinfo (OpenID Connect Core 5.3): who the access token speaks for.
#include "protocol/oauth/userinfo.h"
#include "identity/accounts/account_store.h"
#include "identity/checks/access_token_check.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

Result<oauth::UserClaims> find_claims(sql::Transaction& tx, const AccessTokenClaims& token) {
  TRY(const auto account, find_account(tx, UserId(token.subject)));
  if (!account) return fail(Code::invalid_token, "the account is gone");
  oauth::UserClaims claims;
  claims.subject = token.subject;
  const auto scope = oauth::Scope::parse(token.scope);
  if (scope && scope->has("profile")) claims.preferred_username = account->login_name;
  return claims;
}

http::Task<Result<oauth::UserClaims>> userinfo(OAuthService& service, const http::Request& request, Instant now) {
  CO_TRY(const auto token, co_await check_access_token(service, request, service.userinfo_url, "openid", now));
  auto look = [&](sql::Transaction& tx) { return find_claims(tx, *token); };
  co_return co_await service.db.read(look);
}

}  // namespace

http::Task<http::Response> answer_userinfo(OAuthService& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto claims = co_await userinfo(service, request, now);
  if (!claims) co_return refuse_token(claims.error(), presented_type(request), service.dpop);
  auto response = private_json(200, WipedString(print_userinfo(*claims)));
  offer_nonce(response, service.dpop);
  co_return response;
}

}  // namespace latchkey::identity
