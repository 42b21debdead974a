// How long the app was in the foreground since it was told to count. Time is handed in (a monotonic clock's), so that
// background, a debugger and sleep do not count.
#pragma once

#include <chrono>

namespace latchkey::update {

using MonotonicTime = std::chrono::steady_clock::time_point;

class ForegroundTimer final {
 public:
  void restart(MonotonicTime at) {
    counted_ = {};
    since_ = at;
  }
  void pause(MonotonicTime at) {
    counted_ = elapsed(at);
    is_running_ = false;
  }
  void resume(MonotonicTime at) {
    counted_ = elapsed(at);
    since_ = at;
    is_running_ = true;
  }
  bool is_running() const { return is_running_; }
  MonotonicTime::duration elapsed(MonotonicTime at) const {
    return is_running_ && at > since_ ? counted_ + (at - since_) : counted_;
  }

 private:
  MonotonicTime::duration counted_{};
  MonotonicTime since_{};
  bool is_running_ = true;
};

}  // namespace latchkey::update
