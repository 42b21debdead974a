// The identity server as one object: every collaborator, every route, and the work that is due from time to time. Knows
// no sockets; `latchkey serve` puts an http::Server in front, tests call the router in process.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/wiping.h"
#include "crypto/password_hasher.h"
#include "http/server/router.h"
#include "identity/clients/client_store.h"
#include "identity/config/config.h"
#include "identity/endpoints/oauth_endpoints.h"
#include "identity/login/sign_in_service.h"
#include "identity/signals/deliveries.h"
#include "identity/tokens/key_encryption.h"
#include "identity/tokens/signing_keys.h"
#include "sql/database.h"

namespace latchkey::identity {

struct ServerSettings {
  OAuthSettings oauth;
  SignInSettings sign_in;
  SigningKeyPolicy signing_keys;
  crypto::PasswordHasherOptions hasher;
  std::vector<EventReceiver> event_receivers;

  // But for the event receivers, whose tokens are in files.
  static ServerSettings from(const Config& config);
};

class Server final {
 public:
  // Brings the schema up to date, reads or makes the keys, and adds all routes. `db` and `clock` outlive the server.
  // Fails as sql::migrate, SigningKeys::open and SignInKeys::open do.
  static Result<std::unique_ptr<Server>> open(sql::Database& db, KeyEncryption encryption, const Clock& clock,
                                              ServerSettings settings);

  const http::Router& router() const { return router_; }
  // For the routes of another service beside this one; before the first request.
  http::Router& router() { return router_; }
  ClientStore& clients() { return *clients_; }

  // The link with which the first admin chooses name and password; nothing when there is an admin. Every call makes a
  // new link and voids the one before.
  Result<std::optional<WipedString>> invite_first_admin();
  // Another admin's link, also when there is one: for an operator at the machine.
  Result<WipedString> invite_admin();

  // Sees what other processes changed. Cheap; call every few seconds.
  Status follow_changes();
  // Rotates keys when due, drops what has expired. Call every minute.
  Status keep_house();

  // One round of telling others which sessions ended: blocks until each receiver that is due has answered or failed.
  // Returns how many were told; when there were any, more may be due. Call every second, from one thread of its own.
  Result<int> deliver_signals(http::Client& client, const std::stop_token& stop) {
    return deliveries_->run(client, stop);
  }

  // From now on /health answers 503, so that load balancers send new requests elsewhere.
  void announce_end() { is_ending_ = true; }

 private:
  Server(sql::Database& db, KeyEncryption encryption, const Clock& clock, ServerSettings settings);
  Status start();
  Status expect_stored_hashes();
  void add_routes(std::shared_ptr<OAuthService> oauth);

  sql::Database& db_;
  KeyEncryption encryption_;
  const Clock& clock_;
  ServerSettings settings_;
  std::unique_ptr<ClientStore> clients_;
  std::unique_ptr<SigningKeys> keys_;
  std::unique_ptr<SignInKeys> sign_in_keys_;
  std::unique_ptr<Deliveries> deliveries_;
  std::atomic<bool> is_ending_ = false;
  crypto::PasswordHasher hasher_;
  http::Router router_;
};

}  // namespace latchkey::identity
