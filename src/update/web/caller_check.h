// Who may talk to the device's web server: pages it served itself, and programs of this machine. Any page in the same
// browser can send requests to loopback; what it may not do is decided here.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "http/message.h"

namespace latchkey::update::web {

// A person goes to a page, in a browser that says so or in a program that asks for HTML.
bool is_page_load(const http::Request& request);

// Thread-safe.
class CallerCheck final {
 public:
  // Of the server that listens; until then everybody is refused.
  void set_port(std::uint16_t port) { port_ = port; }

  // The refusal, or nothing.
  //   421  another Host: a name somebody else's DNS led here (DNS rebinding)
  //   403  another origin's page asks (Sec-Fetch-Site, Origin); going here from a link is allowed
  //   415  a POST that is not JSON: what a form of another site can send
  //   503  a browser that loads pages nobody has gone to yet (Sec-Purpose)
  std::optional<http::Response> refuse(const http::Request& request) const;

 private:
  std::atomic<std::uint16_t> port_ = 0;
};

}  // namespace latchkey::update::web
