// Ctrl-C and friends as a stop request, so that a command that waits can end in order.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace latchkey::app {

// While it lives, SIGINT, SIGTERM and SIGHUP request the stop instead of ending the process. Make it before other
// threads.
class Interruption final {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t before_{};
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace latchkey::app
