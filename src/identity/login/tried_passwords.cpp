#include "identity/login/tried_passwords.h"

#include <algorithm>

#include "base/log.h"
#include "base/wiping.h"
#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr auto spray_warning_interval = std::chrono::minutes(1);  // an attack must not fill the log

constexpr std::size_t counters_per_row = protocol::limits::same_password_counters;
static_assert((counters_per_row & (counters_per_row - 1)) == 0, "a row is chosen from by bits");

}  // namespace

TriedPasswords::TriedPasswords(BucketRate rate)
    : rate_(rate), key_(crypto::random_secret<struct TriedPasswordsKeyTag>(32)), counters_(rows * counters_per_row) {}

TriedPasswords::Places TriedPasswords::places_of(const Password& password) const {
  crypto::HmacTag tag = key_.sign(password.reveal());
  Places places{};
  for (std::size_t row = 0; row < rows; ++row) {
    const auto bits = read_be<std::uint32_t>(ByteView(tag).subspan(row * 4));
    places[row] = row * counters_per_row + (bits & (counters_per_row - 1));
  }
  secure_wipe(tag);
  return places;
}

std::int64_t TriedPasswords::empty_at(Instant now) const {
  return to_unix_millis(now + rate_.refill_interval * rate_.burst);
}

// A number from before the clock stepped back counts as none.
std::int64_t TriedPasswords::full_at(std::size_t place, Instant now) const {
  const std::int64_t stored = counters_[place].load(std::memory_order_relaxed);
  return stored > empty_at(now) ? to_unix_millis(now) : std::max(stored, to_unix_millis(now));
}

std::optional<std::chrono::seconds> TriedPasswords::find_wait(const Password& password, Instant now) const {
  std::int64_t least = empty_at(now);
  for (const std::size_t place : places_of(password)) least = std::min(least, full_at(place, now));
  const std::int64_t beyond = least + rate_.refill_interval.count() - empty_at(now);
  if (beyond <= 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(std::chrono::milliseconds(beyond));
}

void TriedPasswords::count(const Password& password, Instant now) {
  bool is_used_up = true;
  for (const std::size_t place : places_of(password)) {
    const std::int64_t after = std::min(full_at(place, now) + rate_.refill_interval.count(), empty_at(now));
    counters_[place].store(after, std::memory_order_relaxed);  // of two at once one may be lost
    is_used_up = is_used_up && after + rate_.refill_interval.count() > empty_at(now);
  }
  if (is_used_up) warn(now);
}

void TriedPasswords::warn(Instant now) {
  Instant before = warned_at_;
  if (now - before < spray_warning_interval && now >= before) return;
  if (warned_at_.compare_exchange_strong(before, now))
    log::warning("one password is tried at many accounts: browsers that are new to an account wait with it");
}

}  // namespace latchkey::identity
