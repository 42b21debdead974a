// What must be told to others when a session ended: rows written by the transaction that ends it, so that there is one
// if and only if it ended, and deleted when the receiver has said that it knows. Between the two, any process may die.
//   written --(due)--> claimed, with the time of the next try --(answered)--> deleted
//                         ^----------(that time)---'             --(24 h)--> given up: deleted, and on record
// At least once: a crash between the answer and the deletion sends again, under the same id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "identity/ids.h"
#include "identity/tokens/family.h"
#include "sql/database.h"

namespace latchkey::identity {

// What an app or a gateway is told.
struct EndedSession {
  UserId user;
  ClientId client;
  SessionId session;
  RevocationReason reason = RevocationReason::none;
  Instant at;
};

enum class Signal : std::uint8_t {
  logout = 1,           // OpenID Connect Back-Channel Logout, to a client
  session_revoked = 2,  // CAEP, to an event receiver
};

struct Delivery {
  std::string id;  // `jti`
  Signal signal = Signal::logout;
  std::string receiver;  // client id, or the event receiver's URL
  std::string url;       // where to post it
  EndedSession ended;
};

// Receivers that are told of the end: the session's client, if it has a backchannel_logout_uri, and every event
// receiver.
Status announce_end(sql::Transaction& tx, const EndedSession& ended);

// The event receivers of the configuration, by URL. What waits for others is dropped.
Status set_event_receivers(sql::Transaction& tx, const std::vector<std::string>& urls);

// First try at once; then after 20 s, 40 s, ... up to 15 min, each a quarter less or more so that receivers that come
// back are not met by everything at once. Longer than one try takes, so that it never overlaps the next.
inline constexpr std::chrono::seconds first_retry{20};
inline constexpr std::chrono::minutes longest_retry{15};
inline constexpr std::chrono::hours give_up_after{24};
std::chrono::milliseconds retry_delay(int attempts, std::uint32_t random);

// What is tried at once; the rest waits for the next round.
inline constexpr int receivers_at_once = 8;
inline constexpr int deliveries_per_receiver = 16;

Result<bool> has_due(sql::Transaction& tx, Instant now);
// The oldest due deliveries by receiver, in order. Each is due again after its retry delay, unless settled.
Result<std::vector<std::vector<Delivery>>> claim_due(sql::Transaction& tx, Instant now);
Status settle(sql::Transaction& tx, const Delivery& delivery);
// Housekeeping: deletes what is too old to be tried again, with an audit record for each; some at a time.
Status give_up_old(sql::Transaction& tx, Instant now);

}  // namespace latchkey::identity
