// POST /revoke (RFC 7009). A token that is unknown, or another client's, is answered like one that was revoked: there
// is nothing to learn here, but who sends many refresh tokens that never were has to wait. A refresh token of any age
// ends its family; an access token ends alone.
#include "identity/checks/client_authentication.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/tokens/family_store.h"
#include "protocol/oauth/token_reference.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

// False: it was never issued, or long ago.
Result<bool> end_family(sql::Transaction& tx, const ParsedRefreshToken& token, const ClientId& client,
                        const RefreshTokenKeys& keys, Instant now) {
  TRY(const auto family, find_family(tx, token.family));
  if (!family || !keys.verify(token, *family)) return false;
  if (family->client == client) TRY_DO(revoke_family(tx, family->id, RevocationReason::client_request, now));
  return true;
}

http::Task<Status> revoke(OAuthService& service, const http::Request& request, Instant now) {
  CO_TRY(const auto form, read_form(request));
  CO_TRY(const auto authorization, authorization_of(request));
  CO_TRY(const auto revocation, oauth::parse_token_reference(form, authorization));
  CO_TRY(const auto client, authenticate_client(service.clients, revocation.client));

  const auto text = revocation.token.reveal_text();
  if (const auto refresh_token = parse_refresh_token(text)) {
    if (service.refused_tokens.find_wait(request.client, now))
      co_return fail(Code::locked_out, "too many unknown tokens from this address");
    auto work = [&](sql::Transaction& tx) {
      return end_family(tx, *refresh_token, client->id, service.issuer.refresh_keys(), now);
    };
    CO_TRY(const bool is_known, co_await service.db.write(work));
    if (!is_known) service.refused_tokens.count(request.client, now);
    co_return Status();
  }
  const auto keys = service.issuer.signing_keys().current();
  const auto claims = verify_access_token(text, service.issuer.issuer(), *keys, now);
  if (!claims || claims->client_id != client->id.value()) co_return Status();
  auto work = [&](sql::Transaction& tx) { return revoke_access_token(tx, claims->token_id, claims->expires_at); };
  co_return co_await service.db.write(work);
}

}  // namespace

http::Task<http::Response> answer_revoke(OAuthService& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto revoked = co_await revoke(service, request, now);
  if (!revoked && revoked.error().code == Code::locked_out)
    co_return ask_to_wait(service.refused_tokens.find_wait(request.client, now).value_or(std::chrono::seconds(1)));
  if (!revoked) co_return refuse_client(revoked.error(), request, service.dpop);
  auto response = http::empty_response(200);
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace latchkey::identity
