// When an unlocked vault locks itself, and how long a wrong passcode makes the next try wait. Pure: the caller brings
// the time.
#pragma once

#include <chrono>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace latchkey::vault {

enum class LockReason {
  manual,
  idle,
  maximum_unlocked_time,
  background,
  screen_off,
  failed_attempts,
  other_process,
  destroyed,
  rolled_back  // the checkpoint's server has seen a newer file
};
std::string_view name_of(LockReason reason);

// What too many failed attempts in a row, of any one slot, lead to.
enum class AfterAttempts : std::uint8_t { delay = 0, wipe = 1 };

struct LockPolicy {
  std::chrono::milliseconds lock_after_idle = std::chrono::minutes(5);
  std::chrono::milliseconds lock_after_backgrounded = std::chrono::seconds(30);
  std::chrono::milliseconds maximum_unlocked_time = std::chrono::hours(12);
  // For how long an authentication allows to read records that ask every time; zero: for one read.
  std::chrono::milliseconds reauthenticate_after{0};
  // The age at which the data key is replaced: by a thread of the first vault that is written to from then on. Zero:
  // not by itself. VaultStatus::is_rotation_due tells.
  std::chrono::milliseconds rotate_after = std::chrono::hours(24) * 180;
  bool lock_on_screen_off = true;
  // Every slot has delays (delay_after); `wipe` destroys the vault at that many failures in a row. Zero: no end.
  std::uint32_t maximum_attempts = 0;
  AfterAttempts after_attempts = AfterAttempts::delay;

  friend bool operator==(const LockPolicy&, const LockPolicy&) = default;
};

// Whether a data key made then has reached its age.
bool is_rotation_due(const LockPolicy& policy, Instant rotated_at, Instant now);

// Fails: invalid_argument (a time out of range).
Status check_policy(const LockPolicy& policy);

// What an unlocked vault has to measure against the policy.
struct UnlockedSince {
  Instant unlocked_at;
  Instant last_used_at;
  std::optional<Instant> backgrounded_at = std::nullopt;
  std::optional<Instant> authenticated_at = std::nullopt;  // authenticate(), and not used up
};

// Why the vault must lock now, or nothing. A clock that stepped back before one of the times counts as elapsed.
std::optional<LockReason> find_lock_reason(const LockPolicy& policy, const UnlockedSince& since, Instant now);
// How long until the policy could lock it; nothing when it never will by itself.
std::optional<std::chrono::milliseconds> time_until_lock(const LockPolicy& policy, const UnlockedSince& since,
                                                         Instant now);

// Failed attempts of one slot, as kept in the file. Not authenticated, for it is written while the vault is locked: it
// slows down people at the device, not the owner of a copy of the file.
struct FailedAttempts {
  std::uint32_t count = 0;
  Instant last_at{};
};
// The wait after the count-th failure: none for the first three, then 1 s, 5 s, 30 s, 1 min, 5 min, and 15 min from
// then on.
std::chrono::milliseconds delay_after(std::uint32_t count);
// How long the next attempt has to wait still; zero when it may go on. A clock that stepped back means the whole wait.
std::chrono::milliseconds time_until_attempt(const FailedAttempts& attempts, Instant now);

Bytes print_failed_attempts(const FailedAttempts& attempts);
// Fails: vault_corrupted.
Result<FailedAttempts> parse_failed_attempts(ByteView body);

}  // namespace latchkey::vault
