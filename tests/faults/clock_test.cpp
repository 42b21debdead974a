// Clocks that jump: whatever the time is said to be, what was acknowledged is there, and nobody is locked out for
// years.
#include <gtest/gtest.h>

#include "tests/faults/world.h"

namespace latchkey::faults {
namespace {

using std::chrono::hours;
using vault::testing::answering;
using vault::testing::text_of;
using vault::testing::value_of;
constexpr hours year{24 * 365};

class ClockJumps : public ::testing::Test {
 protected:
  void SetUp() override {
    vault::CreateOptions options;
    options.slots.push_back({vault::SlotKind::passcode, "clock"});
    ASSERT_TRUE(vault::Vault::create(world.parts(), options, answering(World::right_passcode)));
  }
  World world;
};

TEST_F(ClockJumps, lose_no_record) {
  const auto vault = world.open_unlocked();
  ASSERT_TRUE(vault);
  int number = 0;
  for (const hours jump : {hours(1), -hours(2), year, -2 * year, 30 * year, -40 * year, 200 * year, -180 * year}) {
    world.advance(jump);
    ASSERT_TRUE((*vault)->unlock(answering(World::right_passcode))) << number;  // it may have locked itself
    ASSERT_TRUE((*vault)->set("record " + std::to_string(number++), value_of("x"))) << number;
    for (int i = 0; i < number; ++i) ASSERT_EQ(text_of((*vault)->get("record " + std::to_string(i))), "x") << i;
    ASSERT_TRUE((*vault)->verify());
  }
}

TEST_F(ClockJumps, do_not_stretch_the_wait_after_failed_attempts) {
  const auto vault = vault::Vault::open(world.parts());
  while ((*vault)->unlock(answering("wrong")).error().code != Code::locked_out) continue;
  world.advance(-10 * year);
  EXPECT_FALSE((*vault)->unlock(answering(World::right_passcode)));
  world.advance(std::chrono::minutes(16));  // the longest wait there is
  EXPECT_TRUE((*vault)->unlock(answering(World::right_passcode)));
}

TEST_F(ClockJumps, back_lock_a_vault_instead_of_leaving_it_open) {
  const auto vault = world.open_unlocked();
  world.advance(-hours(1));
  EXPECT_TRUE((*vault)->is_locked());
}

TEST_F(ClockJumps, take_away_only_what_was_to_expire) {
  const auto vault = world.open_unlocked();
  ASSERT_TRUE((*vault)->set("stays", value_of("x")));
  ASSERT_TRUE((*vault)->set("goes", value_of("x"), {.expires_at = world.now() + hours(1)}));
  world.advance(50 * year);
  ASSERT_TRUE((*vault)->unlock(answering(World::right_passcode)));
  ASSERT_TRUE((*vault)->purge());
  world.advance(-50 * year);
  ASSERT_TRUE((*vault)->unlock(answering(World::right_passcode)));
  EXPECT_EQ(text_of((*vault)->get("stays")), "x");
  EXPECT_FALSE((*vault)->get("goes"));
  EXPECT_TRUE((*vault)->verify());
}

}  // namespace
}  // namespace latchkey::faults
