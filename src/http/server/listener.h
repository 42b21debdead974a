// One thread's share of a server: an event loop with a listening socket of its own (SO_REUSEPORT lets the kernel spread
// connections over them) and the connections it accepted. Boost.Asio stays behind this header.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "http/server/server_context.h"

namespace latchkey::http {

class Listener final {
 public:
  enum class Port { alone, shared_by_threads };

  // `context` must outlive it. Fails: configuration_invalid (address), permission_denied, already_exists (port taken).
  static Result<std::unique_ptr<Listener>> open(ServerContext& context, std::uint16_t port, Port sharing);
  ~Listener();

  std::uint16_t port() const;

  // Serves on the calling thread until stop() was called and the last connection is gone.
  void run();
  // Begins to drain. Thread-safe, may be called more than once.
  void stop();

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace latchkey::http
