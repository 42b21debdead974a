#include "vault/checkpoint_worker.h"

#include <algorithm>
#include <csignal>
#include <system_error>

namespace latchkey::vault {
namespace {

// The vault's clock may be set, or stand still while the machine sleeps.
constexpr std::chrono::milliseconds longest_look_away = std::chrono::seconds(1);

// Signals are the program's own threads' business, but those that a thread sends itself: the new thread inherits what
// is blocked here.
class SignalsBlocked final {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, own);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

void CheckpointWorker::wake() {
  const std::lock_guard hold(mutex_);
  is_woken_ = true;
  if (is_over_) return;
  if (thread_.joinable()) return changed_.notify_one();
  try {
    const SignalsBlocked here;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  } catch (const std::system_error&) {
    return;  // no thread to be had now: the next write tries again, and checkpoint() needs none
  }
}

void CheckpointWorker::end() {
  {
    const std::lock_guard hold(mutex_);
    is_over_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void CheckpointWorker::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto time = time_until_step_();
    if (time && *time <= std::chrono::milliseconds::zero())
      step_(stop);
    else
      wait(stop, time);
  }
}

// A wake() since the last wait is answered by looking again, not by waiting.
void CheckpointWorker::wait(const std::stop_token& stop, std::optional<std::chrono::milliseconds> time) {
  std::unique_lock hold(mutex_);
  const auto is_woken = [this] { return is_woken_; };
  if (time)
    changed_.wait_for(hold, stop, std::min(*time, longest_look_away), is_woken);
  else
    changed_.wait(hold, stop, is_woken);
  is_woken_ = false;
}

}  // namespace latchkey::vault
