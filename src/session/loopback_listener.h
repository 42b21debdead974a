// Receives the browser's redirect on a port of the loopback interface (RFC 8252 section 7.3). Takes one GET of
// /callback and nothing else; whatever does not look like a navigation to it is turned away and the wait goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::session {

// The browser's request, still waiting for its page.
class Callback final {
 public:
  Callback(FileDescriptor socket, WipedString query);
  ~Callback();  // shows the failure page unless told otherwise
  Callback(Callback&&) noexcept = default;
  Callback& operator=(Callback&&) = delete;

  const WipedString& query() const { return query_; }
  void show_success();
  void show_failure();

 private:
  FileDescriptor socket_;
  WipedString query_;
};

class LoopbackListener final {
 public:
  // Binds 127.0.0.1 on a port the system chooses. Fails: unsupported (no loopback interface).
  static Result<LoopbackListener> open();

  // "http://127.0.0.1:4711/callback"
  std::string redirect_uri() const;
  // The first request for it; the port is closed from then on. Fails: sign_in_timeout, cancelled.
  Result<Callback> wait(std::chrono::milliseconds timeout, std::stop_token stop);

 private:
  LoopbackListener(FileDescriptor socket, std::uint16_t port) : socket_(std::move(socket)), port_(port) {}

  FileDescriptor socket_;
  std::uint16_t port_;
};

}  // namespace latchkey::session
