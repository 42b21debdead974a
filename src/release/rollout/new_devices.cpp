#include "release/rollout/new_devices.h"

#include <algorithm>

namespace latchkey::release {
namespace {

constexpr std::chrono::minutes clock_tolerance{1};

}  // namespace

bool NewDevices::take(FullAt& full_at, const NewDeviceBudget& budget, const http::Address& address, Instant now) const {
  if (full_at.size() >= limits_.addresses) std::erase_if(full_at, [now](const auto& one) { return one.second <= now; });
  // Who commands more addresses than are kept is not held up by counting them.
  if (full_at.size() >= limits_.addresses) full_at.clear();
  const Instant empty_at = now + budget.interval * budget.burst;
  Instant& its = full_at[address];
  // A time far beyond what one budget takes comes from a clock that was set back, a little beyond from a request that
  // was overtaken.
  const Instant from = its > empty_at + clock_tolerance ? now : std::max(its, now);
  if (from + budget.interval > empty_at) return false;
  its = from + budget.interval;
  return true;
}

bool NewDevices::admit(const http::Address& address, Instant now) {
  const std::lock_guard lock(mutex_);
  // In this order: what an address is refused is not taken from its neighbours.
  return take(addresses_, limits_.of_address, address.subscriber(), now) &&
         take(networks_, limits_.of_network, address.network(), now);
}

}  // namespace latchkey::release
