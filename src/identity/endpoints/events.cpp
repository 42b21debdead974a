// GET /v1/events: what happened to the signed-in user's sessions that they did not do themselves, newest first.
//   {"events":[{"number":7,"at":1700000000,"event":"...","reason":"reuse","client_id":"...","sid":"..."}]}
#include "identity/audit_log.h"
#include "identity/checks/access_token_check.h"
#include "identity/endpoints/oauth_answers.h"
#include "identity/endpoints/oauth_service.h"
#include "protocol/json_writer.h"
#include "protocol/limits/identity.h"

namespace latchkey::identity {
namespace {

using Events = std::vector<StoredAuditRecord>;

WipedString print_events(const Events& events) {
  WipedString text;
  protocol::json::WipedWriter writer(text);
  writer.begin_object().key("events").begin_array();
  for (const StoredAuditRecord& stored : events) {
    writer.begin_object()
        .member("number", stored.number)
        .member("at", to_unix_seconds(stored.at))
        .member("event", stored.record.event)
        .member("reason", stored.record.detail)
        .member("client_id", stored.record.client.value())
        .member("sid", stored.record.session.value())
        .end_object();
  }
  writer.end_array().end_object();
  return text;
}

http::Task<Result<Events>> events(OAuthService& service, const http::Request& request, Instant now) {
  CO_TRY(const auto token, co_await check_access_token(service, request, service.events_url, "openid", now));
  auto look = [&](sql::Transaction& tx) {
    return list_security_events(tx, UserId(token->subject), protocol::limits::events_in_answer);
  };
  co_return co_await service.db.read(look);
}

}  // namespace

http::Task<http::Response> answer_events(OAuthService& service, const http::Request& request) {
  const Instant now = service.clock.now();
  const auto listed = co_await events(service, request, now);
  if (!listed) co_return refuse_token(listed.error(), presented_type(request), service.dpop);
  auto response = private_json(200, print_events(*listed));
  offer_nonce(response, service.dpop);
  co_return response;
}

}  // namespace latchkey::identity
