// The thread that delivers what waits, round after round, until it is destroyed: then the requests under way are
// cancelled, and what they would have delivered stays where it waits.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "base/result.h"

namespace latchkey::identity {

class DeliveryWorker final {
 public:
  // Server::deliver_signals, with its client.
  using Round = std::function<Result<int>(const std::stop_token& stop)>;

  explicit DeliveryWorker(Round round, std::chrono::milliseconds pause = std::chrono::seconds(1));

 private:
  std::jthread thread_;
};

}  // namespace latchkey::identity
