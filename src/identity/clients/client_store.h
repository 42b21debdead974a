// The registered clients, all held in memory: every request reads one. Changes go through here and are seen by this
// process at once, by other processes when they next call refresh_if_changed().
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "identity/clients/client.h"
#include "protocol/oauth/secrets.h"
#include "sql/database.h"

namespace latchkey::identity {

using protocol::oauth::ClientSecret;

// The public client of the command line and of first steps: loopback redirects, code and refresh.
inline constexpr std::string_view default_client_id = "latchkey-cli";

struct NewClient {
  Client client;        // id empty: one is generated
  ClientSecret secret;  // generated; empty for public clients. Shown once, never again.
};

// Thread-safe.
class ClientStore final {
 public:
  // Reads all clients and makes sure the default client is there. Fails: storage_failed.
  static Result<std::unique_ptr<ClientStore>> open(sql::Database& db, Instant now);

  // Null when there is no such client or it is disabled.
  std::shared_ptr<const Client> find(std::string_view id) const;
  std::vector<std::shared_ptr<const Client>> list() const;

  // Fails: invalid_argument (a redirect URI or scope is not acceptable), already_exists.
  Result<NewClient> add(Client client, Instant now);
  Status set_enabled(const ClientId& id, bool enabled, Instant now);  // Fails: not_found

  // Reads the clients again when another process changed them. One statement when nothing did. Call every few seconds.
  Status refresh_if_changed();

 private:
  using Map = std::unordered_map<std::string, std::shared_ptr<const Client>>;

  explicit ClientStore(sql::Database& db) : db_(db) {}
  std::shared_ptr<const Map> map() const;
  Status load();

  sql::Database& db_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Map> clients_;  // with the disabled ones
  std::int64_t revision_ = -1;
};

}  // namespace latchkey::identity
