// One password tried at many accounts (spraying): counted by the password, whoever it is tried at and wherever from.
// Who is kept waiting by it are those with just that password, in a browser that is new to their account, while
// somebody tries it everywhere; no other password is. Wrong attempts of unknown browsers alone are counted.
//
// In memory only, under a key of this process: a table of counters that many passwords share, in which nothing can be
// looked up. Each server process counts for itself.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/hmac.h"
#include "identity/accounts/password_policy.h"
#include "identity/login/attempt_buckets.h"
#include "protocol/limits.h"

namespace latchkey::identity {

// Thread-safe. Sound as a count-min sketch is: a password has been tried at most as often as its counters say.
class TriedPasswords final {
 public:
  static constexpr BucketRate default_rate{protocol::limits::same_password_attempts,
                                           protocol::limits::same_password_attempt_interval};
  explicit TriedPasswords(BucketRate rate = default_rate);

  // Nothing: it may be tried.
  std::optional<std::chrono::seconds> find_wait(const Password& password, Instant now) const;

  // It was wrong, once more.
  void count(const Password& password, Instant now);

 private:
  using Counter = std::atomic<std::int64_t>;  // when full again, in milliseconds; as attempt_buckets
  static constexpr std::size_t rows = 2;
  using Places = std::array<std::size_t, rows>;

  Places places_of(const Password& password) const;
  std::int64_t full_at(std::size_t place, Instant now) const;
  std::int64_t empty_at(Instant now) const;
  void warn(Instant now);

  BucketRate rate_;
  crypto::HmacKey key_;
  std::vector<Counter> counters_;  // row after row
  std::atomic<Instant> warned_at_{Instant()};
};

}  // namespace latchkey::identity
