#include "identity/checks/refused_tokens.h"

#include <algorithm>

#include "base/log.h"
#include "identity/clock_tolerance.h"

namespace latchkey::identity {
namespace {

constexpr auto warning_interval = std::chrono::minutes(1);  // a flood must not fill the log

}  // namespace

std::size_t RefusedTokens::shard_of(const http::Address& subscriber) {
  std::size_t sum = 0;
  for (const std::uint8_t byte : subscriber.bytes()) sum = sum * 31 + byte;
  return sum % std::tuple_size_v<decltype(shards_)>;
}

// A number no clock that only goes forward could have left behind would lock the address out until that clock is
// reached again: it counts as none.
Instant RefusedTokens::full_at(const Map& map, const http::Address& subscriber, Instant now) const {
  const auto found = map.find(subscriber);
  const bool is_none = found == map.end() || found->second > empty_at(now) + clock_tolerance;
  return is_none ? now : std::max(found->second, now);
}

std::optional<std::chrono::seconds> RefusedTokens::find_wait(const http::Address& address, Instant now) const {
  if (counted_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const http::Address subscriber = address.subscriber();
  const Shard& shard = shards_[shard_of(subscriber)];
  const std::lock_guard lock(shard.mutex);
  const Instant next = full_at(shard.full_at, subscriber, now) + limits_.refill_interval;
  if (next <= empty_at(now)) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(next - empty_at(now));
}

// Who commands more addresses than are kept is not held up by counting them.
void RefusedTokens::make_room(Map& map, Instant now) {
  if (map.size() < limits_.addresses / shards_.size()) return;
  std::size_t dropped = std::erase_if(map, [now](const auto& one) { return one.second <= now; });
  if (dropped == 0) {
    dropped = map.size();
    map.clear();
  }
  counted_ -= dropped;
}

void RefusedTokens::warn(Instant now) {
  Instant before = warned_at_;
  if (now - before < warning_interval && now >= before) return;
  if (warned_at_.compare_exchange_strong(before, now))
    log::warning("unknown refresh tokens or codes: an address is made to wait");
}

void RefusedTokens::count(const http::Address& address, Instant now) {
  const http::Address subscriber = address.subscriber();
  Shard& shard = shards_[shard_of(subscriber)];
  bool is_used_up = false;
  {
    const std::lock_guard lock(shard.mutex);
    make_room(shard.full_at, now);
    const Instant before = full_at(shard.full_at, subscriber, now);
    const Instant after = std::max(before, std::min(before + limits_.refill_interval, empty_at(now)));
    if (shard.full_at.insert_or_assign(subscriber, after).second) ++counted_;
    is_used_up = before < after && after + limits_.refill_interval > empty_at(now);
  }
  if (is_used_up) warn(now);
}

}  // namespace latchkey::identity
