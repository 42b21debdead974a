#include "identity/signals/deliveries.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/log.h"
#include "protocol/form.h"
#include "protocol/oauth/logout_token.h"
#include "protocol/oauth/session_revoked.h"

namespace latchkey::identity {
namespace oauth = protocol::oauth;
namespace {

// Back-Channel Logout 1.0 section 2.4: at most two minutes.
constexpr std::chrono::minutes logout_token_lifetime{2};

Instant to_the_second(Instant at) { return from_unix_seconds(to_unix_seconds(at)); }

oauth::InitiatingEntity initiator_of(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::none:
    case RevocationReason::reuse:
    case RevocationReason::code_reuse:
      return oauth::InitiatingEntity::policy;
    case RevocationReason::client_request:
    case RevocationReason::signed_out:
    case RevocationReason::password_changed:
      return oauth::InitiatingEntity::user;
    case RevocationReason::account_disabled:
    case RevocationReason::administrator:
      return oauth::InitiatingEntity::admin;
  }
  return oauth::InitiatingEntity::policy;
}

http::Request make_post(const std::string& url, std::string_view content_type) {
  http::Request request;
  request.method = http::Method::post;
  request.url = url;
  request.headers.add("Content-Type", content_type);
  request.headers.add("Accept", "application/json");
  return request;
}

// 204 is what some frameworks make of an empty 200; for events only 202 says that they were taken (RFC 8935
// section 2.2).
bool is_taken(Signal signal, int status) {
  return signal == Signal::logout ? status == 200 || status == 204 : status == 202;
}

}  // namespace

Status Deliveries::announce_receivers() {
  std::vector<std::string> urls;
  for (const EventReceiver& receiver : receivers_) urls.push_back(receiver.url);
  auto work = [&](sql::Transaction& tx) { return set_event_receivers(tx, urls); };
  return db_.write(work).get();
}

Result<http::Request> Deliveries::make_logout(const Delivery& delivery, const PublishedKey& key, Instant now) const {
  oauth::LogoutToken token;
  token.issuer = issuer_;
  token.audience = delivery.receiver;
  token.token_id = delivery.id;
  token.issued_at = to_the_second(now);
  token.expires_at = token.issued_at + logout_token_lifetime;
  token.subject = delivery.ended.user.value();
  token.session_id = delivery.ended.session.value();
  TRY(const WipedString jwt, key.logout_tokens.sign(print_logout_token_claims(token)));
  auto request = make_post(delivery.url, "application/x-www-form-urlencoded");
  request.body = protocol::form::Writer().add("logout_token", std::string_view(jwt)).take();
  return request;
}

Result<http::Request> Deliveries::make_event(const Delivery& delivery, const PublishedKey& key, Instant now) const {
  const auto receiver = std::find_if(receivers_.begin(), receivers_.end(),
                                     [&](const EventReceiver& each) { return each.url == delivery.receiver; });
  if (receiver == receivers_.end()) return fail(Code::not_found, "another server's event receiver");
  const EndedSession& ended = delivery.ended;
  oauth::SessionRevoked event{issuer_,
                              receiver->audience,
                              delivery.id,
                              to_the_second(now),
                              ended.user.value(),
                              ended.session.value(),
                              ended.client.value(),
                              ended.at,
                              initiator_of(ended.reason),
                              std::string(name_of(ended.reason))};
  auto request = make_post(delivery.url, "application/secevent+jwt");
  TRY(request.body, key.security_events.sign(print_session_revoked_claims(event)));
  if (!receiver->token.is_empty()) {
    WipedString authorization("Bearer ");
    authorization += receiver->token.reveal_text();
    request.headers.add("Authorization", authorization);
  }
  return request;
}

Result<http::Request> Deliveries::make_request(const Delivery& delivery, Instant now) const {
  const auto keys = keys_.current();
  TRY(const PublishedKey* key, keys->signing_at(now));
  return delivery.signal == Signal::logout ? make_logout(delivery, *key, now) : make_event(delivery, *key, now);
}

Status Deliveries::deliver(const Delivery& delivery, http::Client& client, const std::stop_token& stop) const {
  TRY(const http::Request request, make_request(delivery, clock_.now()));
  TRY(const http::Response response, client.send(request, stop));
  if (!is_taken(delivery.signal, response.status))
    return fail(Code::server_error, "status " + std::to_string(response.status));
  auto work = [&](sql::Transaction& tx) { return settle(tx, delivery); };
  return db_.write(work).get();
}

int Deliveries::deliver_in_order(const std::vector<Delivery>& waiting, http::Client& client,
                                 const std::stop_token& stop) const {
  int delivered = 0;
  for (const Delivery& delivery : waiting) {
    const Status done = deliver(delivery, client, stop);
    if (!done && done.error().code == Code::cancelled) break;
    if (!done) {
      log::warning("the end of a session was not delivered, and will be tried again",
                   {{"receiver", delivery.receiver}, {"error", done.error()}});
      break;
    }
    ++delivered;
  }
  return delivered;
}

Result<int> Deliveries::run(http::Client& client, const std::stop_token& stop) {
  const Instant now = clock_.now();
  TRY(const bool is_due, db_.read([now](sql::Transaction& tx) { return has_due(tx, now); }).get());
  if (!is_due) return 0;
  TRY(const auto all, db_.write([now](sql::Transaction& tx) { return claim_due(tx, now); }).get());
  std::atomic<int> delivered = 0;
  {
    std::vector<std::jthread> others;
    for (const auto& waiting : all) others.emplace_back([&] { delivered += deliver_in_order(waiting, client, stop); });
  }
  return delivered.load();
}

}  // namespace latchkey::identity
