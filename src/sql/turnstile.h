// Lets many through at once, or one alone: a closure that keeps losing against others takes a turn by itself. Who waits
// to be alone goes first.
#pragma once

#include <condition_variable>
#include <mutex>

namespace latchkey::sql {

class Turnstile final {
 public:
  enum class Way { together, alone };

  // One passage, from construction to destruction.
  class Passage final {
   public:
    Passage(Turnstile& turnstile, Way way) : turnstile_(turnstile), way_(way) { turnstile_.enter(way_); }
    ~Passage() { turnstile_.leave(way_); }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

   private:
    Turnstile& turnstile_;
    const Way way_;
  };

 private:
  void enter(Way way) {
    std::unique_lock lock(mutex_);
    if (way == Way::together) {
      changed_.wait(lock, [this] { return waiting_alone_ == 0 && !is_one_alone_; });
    } else {
      ++waiting_alone_;
      changed_.wait(lock, [this] { return inside_ == 0; });
      --waiting_alone_;
      is_one_alone_ = true;
    }
    ++inside_;
  }

  void leave(Way way) {
    const std::lock_guard lock(mutex_);
    --inside_;
    if (way == Way::alone) is_one_alone_ = false;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  int waiting_alone_ = 0;
  bool is_one_alone_ = false;
};

}  // namespace latchkey::sql
