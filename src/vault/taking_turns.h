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
    explicit Turn(TakingTurns& taken) : taken_(&taken) {}
    Turn(Turn&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() { end(); }
    void end() {
      TakingTurns* const given_back = std::exchange(taken_, nullptr);
      if (given_back == nullptr) return;
      const std::lock_guard hold(given_back->mutex_);
      given_back->is_taken_ = false;
      given_back->free_.notify_one();
    }

   private:
    TakingTurns* taken_;
  };

  // Fails: cancelled.
  Result<Turn> take(const std::stop_token& stop) {
    std::unique_lock hold(mutex_);
    if (!free_.wait(hold, stop, [this] { return !is_taken_; })) return fail(Code::cancelled);
    is_taken_ = true;
    return Turn(*this);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any free_;
  bool is_taken_ = false;
};

}  // namespace latchkey::vault
