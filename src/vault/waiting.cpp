#include "vault/waiting.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <climits>
#include <cstdint>

namespace latchkey::vault {

int to_poll_millis(std::chrono::steady_clock::duration left) {
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(millis, 0, INT_MAX));
}

Waiting::Waiting(std::chrono::milliseconds timeout, const std::stop_token& stop)
    : wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      // Bounded, so that adding it to the time does not overflow.
      deadline_(std::chrono::steady_clock::now() +
                std::min<std::chrono::milliseconds>(timeout, std::chrono::hours(24))),
      stop_(stop),
      on_stop_(stop, [this] { static_cast<void>(::eventfd_write(wake_.get(), 1)); }) {}

int Waiting::left() const { return to_poll_millis(deadline_ - std::chrono::steady_clock::now()); }

Status Waiting::check() const {
  if (stop_.stop_requested()) return fail(Code::cancelled);
  if (left() == 0) return fail(Code::presence_timeout);
  return {};
}

}  // namespace latchkey::vault
