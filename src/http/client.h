// The port through which device code and the server's own outbound calls reach HTTP servers.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "http/message.h"

namespace latchkey::http {

// Sends one request to `request.url` and waits for the whole response. Redirects are not followed; any status is a
// success here. Thread-safe. Fails: network_unreachable, network_timeout, tls_untrusted, pin_mismatch,
// http_not_allowed, protocol_violation, input_too_large (the response passed the client's limit), cancelled.
class Client {
 public:
  virtual ~Client() = default;
  virtual Result<Response> send(const Request& request, std::stop_token stop) = 0;
  Result<Response> send(const Request& request) { return send(request, {}); }
};

}  // namespace latchkey::http
