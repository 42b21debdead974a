// A network that loses answers: relays HTTP connections on loopback to the server, and when told to, cuts the line
// after the server has done its work and before the client learns of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace latchkey::app::tour {

class LossyProxy final {
 public:
  // Listens on a free port of 127.0.0.1. Fails: internal.
  static Result<std::unique_ptr<LossyProxy>> start();
  ~LossyProxy();

  std::uint16_t port() const { return port_; }
  // Where new connections go from now on: a port of 127.0.0.1.
  void relay_to(std::uint16_t server_port) { server_port_ = server_port; }
  // The next `count` answers are lost.
  void lose_answers(int count) { to_lose_ = count; }
  int lost_answers() const { return lost_; }
  // Called once, on another thread, as soon as the server has been handed the next bytes of a client.
  void when_next_request_arrives(std::function<void()> call);

 private:
  LossyProxy(int listener, std::uint16_t port);
  void run(const std::stop_token& stop);
  void relay(const std::stop_token& stop, int client);
  bool tell_of_request();

  int listener_;
  std::uint16_t port_;
  std::atomic<std::uint16_t> server_port_ = 0;
  std::atomic<int> to_lose_ = 0;
  std::atomic<int> lost_ = 0;
  std::mutex mutex_;
  std::function<void()> on_request_;       // under mutex_
  std::vector<std::jthread> connections_;  // touched by thread_ only
  std::jthread thread_;
};

}  // namespace latchkey::app::tour
