#include "release/rollout/new_devices.h"

#include <algorithm>

namespace latchkey::release {

bool NewDevices::admit(const http::Address& address, Instant now) {
  const std::lock_guard lock(mutex_);
  if (full_at_.size() >= limits_.addresses)
    std::erase_if(full_at_, [now](const auto& one) { return one.second <= now; });
  // Who commands more addresses than are kept is not held up by counting them.
  if (full_at_.size() >= limits_.addresses) full_at_.clear();
  const Instant empty_at = now + limits_.interval * limits_.burst;
  Instant& full_at = full_at_[address.subscriber()];
  // A time beyond what one budget takes comes from a clock that was set back.
  const Instant from = full_at > empty_at ? now : std::max(full_at, now);
  if (from + limits_.interval > empty_at) return false;
  full_at = from + limits_.interval;
  return true;
}

}  // namespace latchkey::release
