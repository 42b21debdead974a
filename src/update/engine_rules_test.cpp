// When the engine may switch: modes, conditions, native range - against a repository as a publisher makes it. The
// table in docs/update-states.md names these tests, and those of engine_policy_test.cpp and engine_trouble_test.cpp.
#include "tests/support/update/engine_rules.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using Obstacle = protocol::release::Verdict;
using testing::Publication;
using testing::Rules;

TEST_F(Rules, direct_switches_as_soon_as_it_is_there) {
  have(1);
  get(2, ApplyMode::direct);
  EXPECT_EQ(device.runs(), 2);
  EXPECT_EQ(story(), (Story{"staged 1.2", "activated 1.2 reload"}));
  ASSERT_TRUE(device.say_ready());
  EXPECT_EQ(story(), Story{"ready 1.2"});
}

TEST_F(Rules, next_restart_switches_at_a_start_and_at_no_other_moment) {
  have(1);
  get(2, ApplyMode::next_restart);
  hide();
  look(9h);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(story(), Story{"staged 1.2"});
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, background_switches_when_nobody_looks) {
  have(1);
  get(2, ApplyMode::background);
  EXPECT_EQ(device.runs(), 1);
  hide();
  EXPECT_EQ(device.runs(), 2);
  look(1s);
  EXPECT_EQ(device.runs(), 2);
  EXPECT_EQ(story(), (Story{"staged 1.2", "activated 1.2 reload"}));
}

TEST_F(Rules, manual_switches_when_it_is_told_to) {
  have(1);
  get(2, ApplyMode::manual);
  hide();
  look(1h);
  device.start();
  EXPECT_EQ(device.runs(), 1);
  ASSERT_TRUE(device.engine().apply());
  EXPECT_EQ(device.runs(), 2);
  EXPECT_EQ(device.engine().apply().error().code, Code::not_found);
}

TEST_F(Rules, a_condition_of_background_wants_that_long_a_time_there_or_an_end) {
  have(1);
  get(2, ApplyMode::direct, {{.kind = DelayKind::background, .duration = 300s}});
  hide();
  look(299s);
  EXPECT_EQ(device.runs(), 1);
  hide();
  look(300s);
  EXPECT_EQ(device.runs(), 2);
  ASSERT_TRUE(device.say_ready());
  get(3, ApplyMode::next_restart, {{.kind = DelayKind::background, .duration = 300s}});
  device.start();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Rules, a_condition_of_kill_wants_an_end) {
  have(1);
  get(2, ApplyMode::background, {{.kind = DelayKind::kill}});
  hide();
  look(24h);
  EXPECT_EQ(device.runs(), 1);
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_condition_of_date_is_met_from_then_on) {
  have(1);
  get(2, ApplyMode::direct, {{.kind = DelayKind::date, .at = device.clock.now() + 2h}});
  device.clock.advance(2h - 1s);
  device.start();
  EXPECT_EQ(device.runs(), 1);
  device.clock.advance(1s);
  hide();
  EXPECT_EQ(device.runs(), 2) << "direct, so at the next moment";
}

TEST_F(Rules, a_condition_of_native_version_waits_for_the_store) {
  have(1);
  get(2, ApplyMode::next_restart, {{.kind = DelayKind::native_version, .native = {2, 1, 0}}});
  device.start();
  EXPECT_EQ(device.runs(), 1);
  device.config.device.native = {2, 1, 0};
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, conditions_hold_for_everybody_but_who_asks) {
  have(1);
  get(2, ApplyMode::direct, {{.kind = DelayKind::kill}, {.kind = DelayKind::date, .at = device.clock.now() + 24h}});
  device.start();
  EXPECT_EQ(device.runs(), 1) << "all of them";
  EXPECT_EQ(device.check(), CheckKind::waiting);
  ASSERT_TRUE(device.engine().apply());
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_release_for_newer_native_apps_waits_for_the_store) {
  have(1);
  repository.publish(2, {.native = {.min = {2, 0, 1}, .max = {}, .fingerprints = {}}});
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::native_too_old);
  EXPECT_EQ(device.engine().download().error().code, Code::not_found);
  device.config.device.native = {2, 0, 1};
  device.start();
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_release_for_older_native_apps_is_not_installed) {
  have(1);
  repository.publish(2, {.native = {.min = {}, .max = NativeVersion{1, 9, 9}, .fingerprints = {}}});
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::native_too_new);
}

TEST_F(Rules, a_release_for_other_native_parts_is_refused) {
  const ByteArray<32> ours{1}, theirs{2};
  device.config.device.fingerprint = ours;
  have(1);
  repository.publish(2, {.native = {.min = {}, .max = {}, .fingerprints = {theirs}}});
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::wrong_fingerprint);
  repository.publish(3, {.native = {.min = {}, .max = {}, .fingerprints = {ours, theirs}}});
  device.update();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Rules, a_store_update_out_of_the_range_leads_to_the_bundle_it_brought) {
  const Publication how{.native = {.min = {}, .max = NativeVersion{2, 5, 0}, .fingerprints = {}}};
  have(1);
  get(2, ApplyMode::next_restart, {}, how);
  device.start();
  ASSERT_TRUE(device.say_ready());
  get(3, ApplyMode::next_restart, {}, how);
  device.config.device.native = {3, 0, 0};
  device.start();
  EXPECT_EQ(device.runs(), 0);
  EXPECT_FALSE(device.engine().state().staged) << "nor does what waited run ever";
  EXPECT_EQ(story(), (Story{"built_in 1.2", "withdrawn 1.3"}));
  EXPECT_EQ(device.check(), CheckKind::not_eligible);
}

TEST_F(Rules, a_changed_native_part_is_a_reason_to_go_back_too) {
  device.config.device.fingerprint = ByteArray<32>{1};
  have(1);
  get(2, ApplyMode::next_restart, {},
      {.native = {.min = {}, .max = {}, .fingerprints = {*device.config.device.fingerprint}}});
  device.start();
  EXPECT_EQ(device.runs(), 2);
  device.config.device.fingerprint = ByteArray<32>{7};
  device.start();
  EXPECT_EQ(device.runs(), 0);
}

TEST_F(Rules, a_store_update_that_brings_a_newer_bundle_wins) {
  have(1);
  repository.publish(2);
  device.update();
  device.built_in_sequence = 2;
  device.start();
  EXPECT_EQ(device.runs(), 2) << "the same release";
  device.built_in_sequence = 3;
  device.start();
  EXPECT_EQ(device.runs(), 0);
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
}

}  // namespace
}  // namespace latchkey::update
