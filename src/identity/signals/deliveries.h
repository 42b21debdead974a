// Posts what waits in the outbox: logout tokens to apps, security events to gateways. Every try is signed anew, under
// the same id. Receivers are served side by side, one's deliveries in order; the first that fails ends its turn.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/client.h"
#include "identity/signals/outbox.h"
#include "identity/tokens/signing_keys.h"
#include "sql/database.h"

namespace latchkey::identity {

using EventReceiverToken = Secret<struct EventReceiverTokenTag>;

// Who is pushed an event (RFC 8935) whenever a session ends.
struct EventReceiver {
  std::string url;
  std::string audience;
  EventReceiverToken token;  // sent as bearer token; empty: none
};

class Deliveries final {
 public:
  // `db`, `keys` and `clock` outlive this.
  Deliveries(sql::Database& db, const SigningKeys& keys, const Clock& clock, std::string issuer,
             std::vector<EventReceiver> receivers)
      : db_(db), keys_(keys), clock_(clock), issuer_(std::move(issuer)), receivers_(std::move(receivers)) {}

  // Lets every process know for whom to write events. Blocks.
  Status announce_receivers();

  // One round: what is due, at most receivers_at_once * deliveries_per_receiver. `client` must reach only what may be
  // called: the URLs were chosen by others (http::Reach), and give each request less time than first_retry. Blocks;
  // one thread at a time. Returns how many were delivered. Fails: busy, storage_*.
  Result<int> run(http::Client& client, const std::stop_token& stop);

 private:
  Result<http::Request> make_request(const Delivery& delivery, Instant now) const;
  Result<http::Request> make_logout(const Delivery& delivery, const PublishedKey& key, Instant now) const;
  Result<http::Request> make_event(const Delivery& delivery, const PublishedKey& key, Instant now) const;
  Status deliver(const Delivery& delivery, http::Client& client, const std::stop_token& stop) const;
  int deliver_in_order(const std::vector<Delivery>& waiting, http::Client& client, const std::stop_token& stop) const;

  sql::Database& db_;
  const SigningKeys& keys_;
  const Clock& clock_;
  const std::string issuer_;
  const std::vector<EventReceiver> receivers_;
};

}  // namespace latchkey::identity
