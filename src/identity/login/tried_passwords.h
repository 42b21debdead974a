// One password tried at many accounts (spraying): counted by the password, whoever it is tried at and wherever from.
// Who is kept waiting by it are those with just that password, in a browser that is new to their account, while
// somebody tries it everywhere; no other password is. Attempts of unknown browsers alone are counted: before the hash,
// so that those under way count, and the right ones are given back.
//
// In memory only, under a key of this process: a table of counters that many passwords share, in which nothing can be
// looked up. Each server process counts for itself.
#pragma once

#include <array>
#include <chrono>
#include <mutex>
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

  // Takes one attempt; nothing: it may be tried. Else none was taken, and there is one after this time.
  std::optional<std::chrono::seconds> take(const Password& password, Instant now);

  // The attempt taken was right, or not made.
  void give_back(const Password& password);

 private:
  using Counters = std::vector<Instant>;  // when full again; as attempt_buckets
  static constexpr std::size_t rows = 2;
  using Places = std::array<std::size_t, rows>;

  Places places_of(const Password& password) const;
  std::chrono::milliseconds take_from(const Places& places, Instant now);
  void note_time(Instant now);
  bool is_warning_due();

  BucketRate rate_;
  crypto::HmacKey key_;
  std::mutex mutex_;
  Counters counters_;  // row after row
  Instant newest_;     // time seen
  std::optional<Instant> warned_at_;
};

}  // namespace latchkey::identity
