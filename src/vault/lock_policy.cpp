#include "vault/lock_policy.h"

#include <algorithm>
#include <array>

#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"

namespace latchkey::vault {
namespace {

using std::chrono::milliseconds;

struct Deadline {
  LockReason reason;
  milliseconds limit;  // zero: never
  Instant from;
};

std::array<Deadline, 3> deadlines(const LockPolicy& policy, const UnlockedSince& since) {
  const milliseconds in_background = since.backgrounded_at ? policy.lock_after_backgrounded : milliseconds(0);
  return {{{LockReason::maximum_unlocked_time, policy.maximum_unlocked_time, since.unlocked_at},
           {LockReason::background, in_background, since.backgrounded_at.value_or(Instant{})},
           {LockReason::idle, policy.lock_after_idle, since.last_used_at}}};
}

// Nothing is left when the clock stepped back behind the start: nobody can tell how long it really was.
milliseconds time_left(const Deadline& deadline, Instant now) {
  if (now < deadline.from) return milliseconds(0);
  return std::max(milliseconds(0), deadline.limit - (now - deadline.from));
}

}  // namespace

std::string_view name_of(LockReason reason) {
  switch (reason) {
    case LockReason::manual:
      return "manual";
    case LockReason::idle:
      return "idle";
    case LockReason::maximum_unlocked_time:
      return "maximum-unlocked-time";
    case LockReason::background:
      return "background";
    case LockReason::screen_off:
      return "screen-off";
    case LockReason::failed_attempts:
      return "failed-attempts";
    case LockReason::other_process:
      return "other-process";
    case LockReason::destroyed:
      return "destroyed";
    case LockReason::rolled_back:
      return "rolled-back";
  }
  return "unknown";
}

bool is_rotation_due(const LockPolicy& policy, Instant rotated_at, Instant now) {
  return policy.rotate_after.count() != 0 && now - rotated_at >= policy.rotate_after;
}

Status check_policy(const LockPolicy& policy) {
  for (const milliseconds time : {policy.lock_after_idle, policy.lock_after_backgrounded, policy.maximum_unlocked_time,
                                  policy.reauthenticate_after, policy.rotate_after})
    if (time.count() < 0 || time > protocol::limits::lock_policy_time)
      return fail(Code::invalid_argument, "a time of the policy is negative or above ten years");
  return {};
}

std::optional<LockReason> find_lock_reason(const LockPolicy& policy, const UnlockedSince& since, Instant now) {
  for (const Deadline& deadline : deadlines(policy, since))
    if (deadline.limit.count() != 0 && time_left(deadline, now).count() == 0) return deadline.reason;
  return std::nullopt;
}

std::optional<milliseconds> time_until_lock(const LockPolicy& policy, const UnlockedSince& since, Instant now) {
  std::optional<milliseconds> soonest;
  for (const Deadline& deadline : deadlines(policy, since)) {
    if (deadline.limit.count() == 0) continue;
    const milliseconds left = time_left(deadline, now);
    soonest = soonest ? std::min(*soonest, left) : left;
  }
  return soonest;
}

milliseconds delay_after(std::uint32_t count) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  constexpr std::array<milliseconds, 9> delays{seconds(0), seconds(0),  seconds(0), seconds(0), seconds(1),
                                               seconds(5), seconds(30), minutes(1), minutes(5)};
  return count < delays.size() ? delays[count] : minutes(15);
}

milliseconds time_until_attempt(const FailedAttempts& attempts, Instant now) {
  const milliseconds delay = delay_after(attempts.count);
  if (now < attempts.last_at) return delay;
  return std::max(milliseconds(0), delay - (now - attempts.last_at));
}

Bytes print_failed_attempts(const FailedAttempts& attempts) {
  Bytes out;
  out.push_back(1);
  append_be(out, attempts.count);
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(attempts.last_at)));
  return out;
}

Result<FailedAttempts> parse_failed_attempts(ByteView body) {
  ByteReader reader(body);
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version != 1) return fail(Code::vault_corrupted, "attempts: version");
  FailedAttempts attempts;
  TRY(attempts.count, reader.take_integer<std::uint32_t>());
  TRY(const auto last_at, reader.take_integer<std::uint64_t>());
  if (last_at > std::uint64_t{1} << 53) return fail(Code::vault_corrupted, "attempts: time");
  attempts.last_at = from_unix_millis(static_cast<std::int64_t>(last_at));
  TRY_DO(reader.expect_end());
  return attempts;
}

}  // namespace latchkey::vault
