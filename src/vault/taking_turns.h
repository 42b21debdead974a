// One at a time, where a turn may take as long as a network, and who waits may give up.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/result.h"

namespace latchkey::vault {

// Thread-safe. Outlives its turns.
class TakingTurns final {
 public:
  class Turn final {
   public:
    Turn(TakingTurns& taken, std::stop_token wanted) : taken_(&taken), wanted_(std::move(wanted)) {}
    Turn(Turn&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)), wanted_(std::move(other.wanted_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() { end(); }
    void end() {
      TakingTurns* const given_back = std::exchange(taken_, nullptr);
      if (given_back == nullptr) return;
      const std::lock_guard hold(given_back->mutex_);
      given_back->is_taken_ = false;
      given_back->free_.notify_all();  // who comes next is not for the system to choose
    }
    // Stopped when somebody took the next turn, and waits.
    const std::stop_token& wanted() const { return wanted_; }

   private:
    TakingTurns* taken_;
    std::stop_token wanted_;
  };

  // Fails: cancelled.
  Result<Turn> take(const std::stop_token& stop) {
    std::unique_lock hold(mutex_);
    if (!free_.wait(hold, stop, [this] { return !is_taken_ && hurrying_ == 0; })) return fail(Code::cancelled);
    return begin();
  }
  // Before all who wait, and whose turn it is hears that it is wanted.
  Turn take_next() {
    std::unique_lock hold(mutex_);
    ++hurrying_;
    std::stop_source wanted = wanted_;
    hold.unlock();
    wanted.request_stop();
    hold.lock();
    free_.wait(hold, [this] { return !is_taken_; });
    --hurrying_;
    return begin();
  }

 private:
  Turn begin() {
    is_taken_ = true;
    wanted_ = std::stop_source();
    return {*this, wanted_.get_token()};
  }

  std::mutex mutex_;
  std::condition_variable_any free_;
  bool is_taken_ = false;
  int hurrying_ = 0;  // wait in take_next()
  std::stop_source wanted_;
};

}  // namespace latchkey::vault
