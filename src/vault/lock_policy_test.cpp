#include "vault/lock_policy.h"

#include <gtest/gtest.h>

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;

const Instant start = from_unix_seconds(1'700'000'000);

struct LockCase {
  const char* name;
  std::chrono::milliseconds idle, background, maximum;
  std::chrono::milliseconds since_use, since_background, since_unlock;  // since_background -1: in the foreground
  std::optional<LockReason> reason;
};

class LockPolicyTable : public ::testing::TestWithParam<LockCase> {};

TEST_P(LockPolicyTable, locks_for_the_right_reason) {
  const LockCase& row = GetParam();
  const Instant now = start + 24h;
  UnlockedSince since{now - row.since_unlock, now - row.since_use, std::nullopt};
  if (row.since_background >= 0ms) since.backgrounded_at = now - row.since_background;
  EXPECT_EQ(find_lock_reason({row.idle, row.background, row.maximum}, since, now), row.reason);
}

INSTANTIATE_TEST_SUITE_P(
    All, LockPolicyTable,
    ::testing::Values(LockCase{"fresh", 5min, 30s, 12h, 0ms, -1ms, 0ms, std::nullopt},
                      LockCase{"just_before_idle", 5min, 30s, 12h, 5min - 1ms, -1ms, 1h, std::nullopt},
                      LockCase{"idle", 5min, 30s, 12h, 5min, -1ms, 1h, LockReason::idle},
                      LockCase{"idle_never", 0ms, 30s, 12h, 11h, -1ms, 11h, std::nullopt},
                      LockCase{"background", 5min, 30s, 12h, 30s, 30s, 1h, LockReason::background},
                      LockCase{"background_never", 5min, 0ms, 12h, 1min, 1min, 1h, std::nullopt},
                      LockCase{"maximum", 5min, 30s, 12h, 0ms, -1ms, 12h, LockReason::maximum_unlocked_time},
                      LockCase{"maximum_before_idle", 5min, 30s, 12h, 5min, -1ms, 12h,
                               LockReason::maximum_unlocked_time},
                      LockCase{"clock_stepped_back", 5min, 30s, 12h, -1h, -1ms, 1h, LockReason::idle}),
    [](const auto& info) { return info.param.name; });

TEST(LockPolicy, tells_how_long_until_it_may_lock) {
  const UnlockedSince since{start, start + 1min, std::nullopt};
  EXPECT_EQ(time_until_lock({5min, 30s, 12h}, since, start + 2min), 4min);
  EXPECT_EQ(time_until_lock({0ms, 0ms, 0ms}, since, start + 2min), std::nullopt);
}

TEST(FailedAttempts, the_first_three_are_free_then_the_wait_grows) {
  const std::array<std::chrono::milliseconds, 11> expected{0s, 0s, 0s, 0s, 1s, 5s, 30s, 1min, 5min, 15min, 15min};
  for (std::uint32_t count = 0; count < expected.size(); ++count)
    EXPECT_EQ(delay_after(count), expected[count]) << count;
}

TEST(FailedAttempts, the_wait_ends_with_time_and_starts_anew_when_the_clock_is_put_back) {
  const FailedAttempts attempts{6, start};
  EXPECT_EQ(time_until_attempt(attempts, start + 10s), 20s);
  EXPECT_EQ(time_until_attempt(attempts, start + 30s), 0s);
  EXPECT_EQ(time_until_attempt(attempts, start - 1ms), 30s);
}

TEST(FailedAttempts, survive_the_file) {
  const auto parsed = parse_failed_attempts(print_failed_attempts({7, start}));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->count, 7U);
  EXPECT_EQ(parsed->last_at, start);
  EXPECT_FALSE(parse_failed_attempts(Bytes(12)).has_value());
}

}  // namespace
}  // namespace latchkey::vault
