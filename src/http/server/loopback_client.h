// An http::Client that calls a Router in this process: whole flows in one test, without sockets.
#pragma once

#include "http/address.h"
#include "http/client.h"
#include "http/server/router.h"

namespace latchkey::http {

// The router sees what a connection would give it: path and query of the URL, Host, the client's address; responses
// carry the security headers a connection adds. Thread-safe. `router` must outlive it.
class LoopbackClient final : public Client {
 public:
  explicit LoopbackClient(const Router& router);

  // Requests come from this address from now on; 127.0.0.1 at first. Not thread-safe.
  void set_address(const Address& address) { address_ = address; }

  // Fails: cancelled, invalid_argument (not an absolute http or https URL), input_too_large (the route's body limit).
  Result<Response> send(const Request& request, std::stop_token stop) override;
  using Client::send;

 private:
  const Router& router_;
  Address address_;
};

}  // namespace latchkey::http
