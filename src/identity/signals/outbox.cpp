#include "identity/signals/outbox.h"

#include <algorithm>

#include "base/base64url.h"
#include "crypto/random.h"
#include "identity/audit_log.h"

namespace latchkey::identity {
namespace {

constexpr int given_up_at_once = 100;

Status insert(sql::Transaction& tx, Signal signal, std::string_view receiver, const EndedSession& ended) {
  TRY_DO(tx.execute(
      "INSERT INTO outbox (id, signal, receiver, user_id, client_id, sid, reason, ended_at, attempts, next_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8)",
      to_base64url(crypto::random_array<16>()), static_cast<std::uint8_t>(signal), receiver, ended.user, ended.client,
      ended.session, static_cast<std::uint8_t>(ended.reason), ended.at));
  return {};
}

Result<std::vector<std::string>> read_texts(const sql::Rows& rows) {
  std::vector<std::string> texts;
  for (const sql::Row row : rows) {
    TRY(auto text, row.get<std::string>(0));
    texts.push_back(std::move(text));
  }
  return texts;
}

struct Claimed {
  Delivery delivery;
  std::int64_t attempts = 0;
};

// `url` is empty when the client is gone, or takes no logouts any more.
Result<Claimed> read_claimed(const sql::Row& row) {
  TRY(auto columns, (row.as<std::string, std::uint8_t, std::string, UserId, ClientId, SessionId, std::uint8_t, Instant,
                            std::int64_t, std::string>()));
  auto& [id, signal, receiver, user, client, session, reason, at, attempts, url] = columns;
  Claimed claimed;
  claimed.attempts = attempts;
  claimed.delivery = {
      std::move(id),
      static_cast<Signal>(signal),
      std::move(receiver),
      std::move(url),
      {std::move(user), std::move(client), std::move(session), static_cast<RevocationReason>(reason), at}};
  return claimed;
}

Status postpone(sql::Transaction& tx, const Claimed& claimed, Instant now) {
  const auto random = read_be<std::uint32_t>(crypto::random_array<4>());
  const Instant next = now + retry_delay(static_cast<int>(claimed.attempts) + 1, random);
  TRY_DO(
      tx.execute("UPDATE outbox SET attempts = attempts + 1, next_at = $2 WHERE id = $1", claimed.delivery.id, next));
  return {};
}

Result<std::vector<Delivery>> claim_for(sql::Transaction& tx, Signal signal, std::string_view receiver, Instant now) {
  TRY(const sql::Rows rows,
      tx.query("SELECT id, signal, receiver, user_id, client_id, sid, reason, ended_at, attempts, "
               "CASE WHEN signal = 1 THEN COALESCE((SELECT backchannel_logout_uri FROM clients WHERE clients.id = "
               "outbox.receiver), '') ELSE receiver END FROM outbox "
               "WHERE signal = $1 AND receiver = $2 AND next_at <= $3 AND ended_at > $4 ORDER BY next_at LIMIT $5",
               static_cast<std::uint8_t>(signal), receiver, now, now - give_up_after, deliveries_per_receiver));
  std::vector<Delivery> claimed;
  for (const sql::Row row : rows) {
    TRY(Claimed one, read_claimed(row));
    if (one.delivery.url.empty()) {
      TRY_DO(settle(tx, one.delivery));
      continue;
    }
    TRY_DO(postpone(tx, one, now));
    claimed.push_back(std::move(one.delivery));
  }
  return claimed;
}

}  // namespace

Status announce_end(sql::Transaction& tx, const EndedSession& ended) {
  TRY(const sql::Rows apps,
      tx.query("SELECT id FROM clients WHERE id = $1 AND backchannel_logout_uri <> ''", ended.client));
  if (!apps.is_empty()) TRY_DO(insert(tx, Signal::logout, ended.client.value(), ended));
  TRY(const sql::Rows rows, tx.query("SELECT url FROM event_receivers"));
  TRY(const auto receivers, read_texts(rows));
  for (const std::string& url : receivers) TRY_DO(insert(tx, Signal::session_revoked, url, ended));
  return {};
}

Status set_event_receivers(sql::Transaction& tx, const std::vector<std::string>& urls) {
  TRY_DO(tx.execute("DELETE FROM event_receivers"));
  for (const std::string& url : urls)
    TRY_DO(tx.execute("INSERT INTO event_receivers (url) VALUES ($1) ON CONFLICT (url) DO NOTHING", url));
  TRY_DO(tx.execute("DELETE FROM outbox WHERE signal = 2 AND receiver NOT IN (SELECT url FROM event_receivers)"));
  return {};
}

std::chrono::milliseconds retry_delay(int attempts, std::uint32_t random) {
  const int doublings = std::clamp(attempts - 1, 0, 16);
  const std::chrono::milliseconds delay =
      std::min<std::chrono::milliseconds>(longest_retry, std::chrono::milliseconds(first_retry) * (1 << doublings));
  return delay * 3 / 4 + std::chrono::milliseconds(random % static_cast<std::uint32_t>(delay.count() / 2));
}

Result<bool> has_due(sql::Transaction& tx, Instant now) {
  TRY(const sql::Rows rows,
      tx.query("SELECT 1 FROM outbox WHERE next_at <= $1 AND ended_at > $2 LIMIT 1", now, now - give_up_after));
  return !rows.is_empty();
}

Result<std::vector<std::vector<Delivery>>> claim_due(sql::Transaction& tx, Instant now) {
  TRY(const sql::Rows rows, tx.query("SELECT signal, receiver FROM outbox WHERE next_at <= $1 AND ended_at > $2 "
                                     "GROUP BY signal, receiver ORDER BY MIN(next_at) LIMIT $3",
                                     now, now - give_up_after, receivers_at_once));
  std::vector<std::vector<Delivery>> all;
  for (const sql::Row row : rows) {
    TRY(const auto values, (row.as<std::uint8_t, std::string>()));
    TRY(auto claimed, claim_for(tx, static_cast<Signal>(std::get<0>(values)), std::get<1>(values), now));
    if (!claimed.empty()) all.push_back(std::move(claimed));
  }
  return all;
}

Status settle(sql::Transaction& tx, const Delivery& delivery) {
  TRY_DO(tx.execute("DELETE FROM outbox WHERE id = $1", delivery.id));
  return {};
}

Status give_up_old(sql::Transaction& tx, Instant now) {
  TRY(const sql::Rows rows,
      tx.query("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2) "
               "RETURNING signal, user_id, client_id, sid",
               now - give_up_after, given_up_at_once));
  for (const sql::Row row : rows) {
    TRY(auto values, (row.as<std::uint8_t, UserId, ClientId, SessionId>()));
    auto& [signal, user, client, session] = values;
    const bool is_logout = static_cast<Signal>(signal) == Signal::logout;
    TRY_DO(append_audit(tx,
                        {"the end of a session could not be delivered", std::move(user), std::move(client),
                         std::move(session), is_logout ? "back-channel logout" : "event receiver", Notify::no},
                        now));
  }
  return {};
}

}  // namespace latchkey::identity
