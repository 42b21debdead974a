#include "identity/login/tried_passwords.h"

#include <algorithm>

#include "base/log.h"
#include "base/wiping.h"
#include "crypto/random.h"
#include "identity/clock_tolerance.h"

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

// What a clock left behind before it stepped back would keep people out until that time is there again: it is
// forgotten.
void TriedPasswords::note_time(Instant now) {
  if (now < newest_ - clock_tolerance) {
    std::fill(counters_.begin(), counters_.end(), Instant());
    warned_at_.reset();
    newest_ = now;
  }
  newest_ = std::max(newest_, now);
}

// How long until there is one; none, and it is taken. Counters are not capped: what others add and take back in one
// would else be taken from this password.
std::chrono::milliseconds TriedPasswords::take_from(const Places& places, Instant now) {
  note_time(now);
  Instant least = Instant::max();
  for (const std::size_t place : places) least = std::min(least, std::max(counters_[place], newest_));
  const auto beyond = least + rate_.refill_interval - (newest_ + rate_.refill_interval * rate_.burst);
  if (beyond > std::chrono::milliseconds(0)) return beyond;
  for (const std::size_t place : places) counters_[place] = std::max(counters_[place], newest_) + rate_.refill_interval;
  return std::chrono::milliseconds(0);
}

std::optional<std::chrono::seconds> TriedPasswords::take(const Password& password, Instant now) {
  const Places places = places_of(password);
  std::chrono::milliseconds wait{};
  bool warns = false;
  {
    const std::lock_guard lock(mutex_);
    wait = take_from(places, now);
    warns = wait.count() > 0 && is_warning_due();
  }
  if (warns) log::warning("one password is tried at many accounts: browsers that are new to an account wait with it");
  if (wait.count() == 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(wait);
}

void TriedPasswords::give_back(const Password& password) {
  const Places places = places_of(password);
  const std::lock_guard lock(mutex_);
  for (const std::size_t place : places)
    if (counters_[place] > newest_) counters_[place] -= rate_.refill_interval;
}

bool TriedPasswords::is_warning_due() {
  if (warned_at_ && newest_ - *warned_at_ < spray_warning_interval) return false;
  warned_at_ = newest_;
  return true;
}

}  // namespace latchkey::identity
