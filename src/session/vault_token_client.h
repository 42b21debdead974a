// An http::Client that adds a token kept in the vault (an API key, a personal access token) to requests for its own
// servers, and to no others. The token goes from the record's locked pages into the request's wiped header, for as long
// as one request takes; the caller never has it. For the tokens of a session: AuthorizedClient, which renews them.
#pragma once

#include <string>
#include <vector>

#include "http/client.h"
#include "vault/vault.h"

namespace latchkey::session {

// Thread-safe. `vault` and `client` outlive it.
class VaultTokenClient final : public http::Client {
 public:
  VaultTokenClient(vault::Vault& vault, std::string record, http::Client& client, std::vector<std::string> origins);

  // Adds `Authorization: Bearer ...`. A request elsewhere goes out as it is. Fails also: as Vault::use_value;
  // invalid_argument (the caller set Authorization itself), invalid_format (the record is no token).
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  using Client::send;

 private:
  vault::Vault& vault_;
  std::string record_;
  http::Client& client_;
  std::vector<std::string> origins_;
};

}  // namespace latchkey::session
