// Counts failed recognitions of one adapter and makes the next one wait, with the waits of lock_policy.h. In this
// process only: it slows down people at the device, as the platform's own counters do across processes.
#pragma once

#include <mutex>

#include "vault/lock_policy.h"

namespace latchkey::vault {

// Thread-safe. `clock` outlives it.
class AttemptGate final {
 public:
  explicit AttemptGate(const Clock& clock) : clock_(clock) {}

  // Fails: locked_out (detail: seconds to wait).
  Status check() const {
    const auto wait = time_left();
    if (wait == std::chrono::milliseconds(0)) return {};
    return fail(Code::locked_out, std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) + " s");
  }
  // The same, after having counted one more.
  Status note_failure() {
    {
      const std::lock_guard hold(mutex_);
      attempts_ = {attempts_.count + 1, clock_.now()};
    }
    return check();
  }
  void note_success() {
    const std::lock_guard hold(mutex_);
    attempts_ = {};
  }
  std::optional<Instant> locked_out_until() const {
    const auto wait = time_left();
    if (wait == std::chrono::milliseconds(0)) return std::nullopt;
    return clock_.now() + wait;
  }

 private:
  std::chrono::milliseconds time_left() const {
    const std::lock_guard hold(mutex_);
    return time_until_attempt(attempts_, clock_.now());
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  FailedAttempts attempts_;
};

}  // namespace latchkey::vault
