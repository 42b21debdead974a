#include "vault/key_stores/passcode_calibration.h"

#include <gtest/gtest.h>

namespace latchkey::vault {
namespace {

using crypto::Argon2Cost;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr CalibrationGoal goal;

// A device that takes so long for the floor, and in proportion for the rest.
MeasureArgon2 device(milliseconds floor_time) {
  return [floor_time](Argon2Cost cost) -> Result<microseconds> {
    const auto work = microseconds(std::int64_t{cost.memory_kib} * cost.passes);
    return microseconds(floor_time) * work.count() / (std::int64_t{goal.floor.memory_kib} * goal.floor.passes);
  };
}

TEST(PasscodeCalibration, a_slow_device_waits_longer_and_does_not_guard_less) {
  EXPECT_EQ(calibrate_argon2(goal, device(milliseconds(900))), Result<Argon2Cost>(goal.floor));
  EXPECT_EQ(calibrate_argon2(goal, device(milliseconds(250))), Result<Argon2Cost>(goal.floor));
}

TEST(PasscodeCalibration, memory_grows_first) {
  const auto twice = calibrate_argon2(goal, device(milliseconds(125)));
  EXPECT_EQ(twice, Result<Argon2Cost>(Argon2Cost{128 * 1024, 3}));
}

TEST(PasscodeCalibration, then_passes_and_both_end_at_the_ceiling) {
  const auto more = calibrate_argon2(goal, device(milliseconds(45)));
  EXPECT_EQ(more, Result<Argon2Cost>(Argon2Cost{256 * 1024, 4}));
  EXPECT_EQ(calibrate_argon2(goal, device(milliseconds(1))), Result<Argon2Cost>(goal.ceiling));
  EXPECT_EQ(calibrate_argon2(goal, device(milliseconds(0))), Result<Argon2Cost>(goal.ceiling));
}

TEST(PasscodeCalibration, goes_back_when_the_second_measurement_is_far_off) {
  int measured = 0;
  const auto busy_later = [&](Argon2Cost) -> Result<microseconds> {
    return ++measured == 1 ? milliseconds(25) : milliseconds(1000);
  };
  const auto cost = calibrate_argon2(goal, busy_later);
  ASSERT_TRUE(cost.has_value());
  EXPECT_EQ(measured, 2);
  EXPECT_EQ(*cost, (Argon2Cost{149 * 1024, 3}));  // 256 MiB x 7 passes took four times the goal
}

TEST(PasscodeCalibration, a_device_that_cannot_be_measured_is_an_error_here) {
  const auto no_memory = [](Argon2Cost) -> Result<microseconds> { return fail(Code::busy); };
  EXPECT_EQ(calibrate_argon2(goal, no_memory).error().code, Code::busy);
}

TEST(PasscodeCalibration, this_device_gets_at_least_the_floor_and_always_the_same) {
  const Argon2Cost cost = calibrated_passcode_cost();
  EXPECT_GE(cost.memory_kib, goal.floor.memory_kib);
  EXPECT_LE(cost.memory_kib, goal.ceiling.memory_kib);
  EXPECT_GE(cost.passes, goal.floor.passes);
  EXPECT_LE(cost.passes, goal.ceiling.passes);
  EXPECT_EQ(calibrated_passcode_cost(), cost);
}

}  // namespace
}  // namespace latchkey::vault
