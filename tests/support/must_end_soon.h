// For tests of what must not wait for itself: a deadlock fails the run, instead of being waited for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

namespace latchkey::testing {

// Ends the process when it lives for longer than a minute: threads that wait for each other cannot be joined.
class MustEndSoon final {
 public:
  MustEndSoon() = default;

 private:
  static void watch(const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock hold(mutex);
    never.wait_for(hold, ended, std::chrono::minutes(1), [] { return false; });
    if (ended.stop_requested()) return;
    std::fputs("[  FAILED  ] a deadlock: the test did not end\n", stderr);
    std::abort();
  }

  std::jthread watching_{watch};
};

}  // namespace latchkey::testing
