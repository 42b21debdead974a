// The port through which device code and the server's own outbound calls reach HTTP servers.
#pragma once

#include <functional>
#include <stop_token>

#include "base/result.h"
#include "http/message.h"

namespace latchkey::http {

// Replaces what a request may say only once (a DPoP proof) before it goes out a second time.
using Renewal = std::function<Status(Headers&)>;

// Sends one request to `request.url` and waits for the whole response. Redirects are not followed; any status is a
// success here. Thread-safe. Fails: network_unreachable, network_timeout, tls_untrusted, pin_mismatch,
// http_not_allowed, protocol_violation, input_too_large (the response passed the client's limit), cancelled.
class Client {
 public:
  virtual ~Client() = default;
  virtual Result<Response> send(const Request& request, std::stop_token stop) = 0;
  Result<Response> send(const Request& request) { return send(request, {}); }
  // As send(). A request that does no harm when it is done twice (RFC 9110 section 9.2.2) goes out once more, renewed,
  // if the connection that was kept for it turns out to be dead; a client that keeps none has no need to.
  virtual Result<Response> send_renewable(const Request& request, const Renewal& /*renew*/, std::stop_token stop) {
    return send(request, std::move(stop));
  }
};

}  // namespace latchkey::http
