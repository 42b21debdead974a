#include "vault/checkpoint_watch.h"

#include <gtest/gtest.h>

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;

const Instant watched_at = from_unix_seconds(1'700'000'000);

struct StepRow {
  const char* name;
  CheckpointWatch watch;
  std::uint64_t uncovered;
  std::chrono::milliseconds since;  // the last try
  std::optional<std::chrono::milliseconds> due;
};

TEST(CheckpointWatch, a_step_is_due_row_by_row) {
  const auto later = watched_at;
  const Error problem{Code::network_unreachable, {}};
  const StepRow rows[] = {
      {"nothing was written", {.is_verified = true}, 0, 0s, std::nullopt},
      {"nothing since", {.is_verified = true, .tried_at = later}, 0, 5min, std::nullopt},
      {"the first write", {.is_verified = true}, 1, 0s, 0ms},
      {"the second", {.is_verified = true, .tried_at = later}, 1, 10s, 50s},
      {"a minute later", {.is_verified = true, .tried_at = later}, 1, 60s, 0ms},
      {"long ago", {.is_verified = true, .tried_at = later}, 1, 24h, 0ms},
      {"very much", {.is_verified = true, .tried_at = later}, 1024, 10s, 0ms},
      {"nearly so much", {.is_verified = true, .tried_at = later}, 1023, 10s, 50s},
      {"the clock was set back", {.is_verified = true, .tried_at = later}, 1, -1h, 0ms},
      {"nobody vouches", {.problem = problem, .tried_at = later, .failures = 1, .retry_after = 2s}, 0, 500ms, 1500ms},
      {"nor then", {.problem = problem, .tried_at = later, .failures = 1, .retry_after = 2s}, 0, 2s, 0ms},
      {"a move got lost",
       {.is_verified = true, .is_told = false, .tried_at = later, .failures = 3, .retry_after = 8s},
       0,
       1s,
       7s},
      {"very much, and the server is away",
       {.is_verified = true, .tried_at = later, .failures = 9, .retry_after = 5min},
       5000,
       1s,
       299s},
  };
  for (const StepRow& row : rows)
    EXPECT_EQ(time_until_step(row.watch, row.uncovered, {}, watched_at + row.since), row.due) << row.name;
}

TEST(CheckpointWatch, retries_come_ever_later_and_are_spread) {
  const CheckpointPace pace{.first_retry = 2s, .longest_retry = 5min};
  EXPECT_EQ(retry_delay(pace, 1, 0), 1s);
  EXPECT_EQ(retry_delay(pace, 1, 1), 2s);
  EXPECT_EQ(retry_delay(pace, 2, 1), 4s);
  EXPECT_EQ(retry_delay(pace, 7, 1), 128s);
  EXPECT_EQ(retry_delay(pace, 8, 1), 256s);
  for (const std::uint32_t failures : {9U, 10U, 1000U, 4'000'000'000U}) {
    EXPECT_EQ(retry_delay(pace, failures, 1), 5min);
    EXPECT_EQ(retry_delay(pace, failures, 0), 150s);
  }
}

TEST(CheckpointWatch, a_failure_is_told_and_forgotten_when_a_step_ends_well) {
  CheckpointWatch watch{.is_verified = true, .is_told = false};
  watch.note_failure({Code::network_timeout, {}}, {}, watched_at);
  watch.note_failure({Code::login_required, {}}, {}, watched_at);
  EXPECT_EQ(watch.problem->code, Code::login_required);
  EXPECT_EQ(watch.failures, 2U);
  EXPECT_GE(watch.retry_after, 2s);
  EXPECT_LE(watch.retry_after, 4s);
  watch.note_success();
  EXPECT_FALSE(watch.problem);
  EXPECT_EQ(watch.failures, 0U);
}

}  // namespace
}  // namespace latchkey::vault
