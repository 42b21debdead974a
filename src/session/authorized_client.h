// An http::Client that adds the session's access token to requests for the app's own servers, and to no others.
#pragma once

#include <string>
#include <vector>

#include "http/client.h"
#include "session/session.h"

namespace latchkey::session {

// Thread-safe. `session` and `client` outlive it.
class AuthorizedClient final : public http::Client {
 public:
  // `origins`: "https://api.example.com", exactly; a request elsewhere goes out as it is.
  AuthorizedClient(Session& session, http::Client& client, std::vector<std::string> origins);

  // Adds `Authorization` (and a DPoP proof, repeated once with the server's nonce if it wants one). When the server
  // turns the token down, renews it and tries once more. Fails also: as Session::access; invalid_argument (the caller
  // set Authorization or DPoP itself).
  Result<http::Response> send(const http::Request& request, std::stop_token stop) override;
  using Client::send;

 private:
  Result<http::Response> send_with(const Access& access, const http::Request& request, std::stop_token stop);

  Session& session_;
  http::Client& client_;
  std::vector<std::string> origins_;
};

}  // namespace latchkey::session
