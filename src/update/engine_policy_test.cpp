// When the engine must not switch, or not yet: releases withdrawn, paused, for fewer devices, older ones.
#include "protocol/limits.h"
#include "tests/support/update/engine_rules.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using Obstacle = protocol::release::Verdict;
using testing::AppRepository;
using testing::Rules;

TEST_F(Rules, a_halted_release_is_neither_installed_nor_switched_to) {
  have(1);
  const auto waiting = get(2, ApplyMode::next_restart);
  repository.set_policy(waiting, [](auto& entry) { entry.halted = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::halted);
  EXPECT_EQ(story(), (Story{"staged 1.2", "withdrawn 1.2"}));
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(device.engine().apply().error().code, Code::not_found);
}

TEST_F(Rules, a_halted_release_goes_on_where_it_runs) {
  have(1);
  get(2, ApplyMode::direct);
  ASSERT_TRUE(device.say_ready());
  repository.set_policy(2, [](auto& entry) { entry.halted = true; });
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_paused_release_is_not_installed_for_now) {
  have(1);
  const auto next = repository.publish(2);
  repository.set_policy(next, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::paused);
  repository.set_policy(next, [](auto& entry) { entry.paused = false; });
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, what_waits_is_not_switched_to_while_its_release_is_paused) {
  have(1);
  const auto waiting = get(2, ApplyMode::next_restart);
  repository.set_policy(waiting, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::paused);
  EXPECT_EQ(device.engine().apply().error().code, Code::temporarily_unavailable);
  device.start();
  device.start();
  EXPECT_EQ(device.runs(), 1) << "also after starts, and without the network";
  repository.set_policy(waiting, [](auto& entry) { entry.paused = false; });
  repository.requests.clear();
  ASSERT_EQ(device.check(), CheckKind::waiting);
  EXPECT_EQ(repository.count_requests("objects/"), 0) << "it is still there";
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, what_was_held_back_is_switched_to_at_once_in_mode_direct) {
  have(1);
  const auto waiting = get(2, ApplyMode::direct, {{.kind = DelayKind::date, .at = device.clock.now() + 1h}});
  repository.set_policy(waiting, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  device.clock.advance(2h);
  hide();
  look(1s);
  EXPECT_EQ(device.runs(), 1);
  repository.set_policy(waiting, [](auto& entry) { entry.paused = false; });
  ASSERT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_paused_release_that_waits_is_held_back_though_a_newer_one_is_for_others) {
  have(1);
  const auto waiting = get(2, ApplyMode::next_restart);
  repository.publish(3, {.platforms = {"ios"}});
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_FALSE(device.engine().state().is_held);
  repository.set_policy(waiting, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  device.start();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, a_smaller_rollout_holds_back_what_is_not_active_yet) {
  have(1);
  const auto waiting = get(2, ApplyMode::next_restart);
  repository.set_policy(waiting, [](auto& entry) { entry.bps = 0; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  EXPECT_EQ(device.last.verdict, Obstacle::not_in_rollout);
  device.start();
  EXPECT_EQ(device.runs(), 1);
  repository.set_policy(waiting, [](auto& entry) { entry.bps = 10'000; });
  ASSERT_EQ(device.check(), CheckKind::waiting);
  device.start();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_new_release_takes_the_place_of_one_that_is_held_back) {
  have(1);
  const auto waiting = get(2, ApplyMode::next_restart);
  repository.set_policy(waiting, [](auto& entry) { entry.paused = true; });
  ASSERT_EQ(device.check(), CheckKind::not_eligible);
  get(3, ApplyMode::next_restart);
  device.start();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Rules, an_older_release_of_the_channel_is_refused_though_it_is_signed_anew) {
  have(1);
  const auto first = repository.descriptor;
  repository.publish(2);
  device.update();
  repository.sign(first);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
  EXPECT_EQ(device.engine().download().error().code, Code::not_found);
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer) << "this is remembered";
  auto back = first;
  back.rollback_of = AppRepository::id_of(77);
  repository.sign(back);
  ASSERT_EQ(device.check(), CheckKind::no_answer) << "going back takes a number of its own";
  EXPECT_EQ(device.runs(), 2);
  repository.publish(1, {.rollback_of = 1});
  device.update();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, an_older_release_does_not_replace_what_waits) {
  have(1);
  const auto first = repository.descriptor;
  get(2, ApplyMode::manual);
  repository.sign(first);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  ASSERT_TRUE(device.engine().apply());
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, every_channel_counts_its_own_releases) {
  repository.channels.channels.push_back({.name = "beta", .self_assign = true});
  std::ranges::sort(repository.channels.channels, {}, &protocol::release::Channel::name);
  repository.tuf.delegate("ch-beta", "beta/*", {"ci"}, 1);
  repository.tuf.roles.at("ch-beta").expires = repository.tuf.root.expires;
  auto beta = repository.describe(2, {});
  repository.publish_channels();
  for (int i = 0; i < 3; ++i) repository.publish(1);
  device.start();
  device.update();
  beta.channel = "beta";
  repository.tuf.add_target("ch-beta", "beta/release.json", print_release(beta).value());
  repository.tuf.publish_next("ch-beta");
  repository.put_metadata();
  ASSERT_TRUE(device.engine().choose_channel("beta"));
  device.update();
  EXPECT_EQ(device.runs(), 2);
  ASSERT_TRUE(device.engine().choose_channel(""));
  EXPECT_EQ(device.check(), CheckKind::available);
}

// Whoever stole the channel's key may have counted to the end of numbers.
TEST_F(Rules, a_number_that_leaves_none_for_others_is_refused_and_not_remembered) {
  have(1);
  auto last = repository.descriptor;
  last.sequence = static_cast<std::uint64_t>(protocol::limits::json_number_maximum);
  repository.sign(last);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_mismatch);
  ++repository.tuf.root.version;
  repository.tuf.publish_root();
  repository.put_metadata();
  ASSERT_EQ(device.check(), CheckKind::no_answer) << "a new root does not make it better";
  repository.publish(2);
  EXPECT_EQ(device.check(), CheckKind::available);
}

TEST_F(Rules, a_new_root_lets_the_releases_begin_anew) {
  have(1);
  auto far = repository.descriptor;
  far.sequence = 1'000'000;
  far.terms.id = AppRepository::id_of(far.sequence);
  repository.policy.releases.push_back({.id = far.terms.id});
  repository.sign(far);
  ASSERT_EQ(device.check(), CheckKind::not_eligible) << "its policy names nobody";
  repository.publish(2);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  ++repository.tuf.root.version;
  repository.tuf.publish_root();
  repository.put_metadata();
  EXPECT_EQ(device.check(), CheckKind::available);
}

// A host's Date is nobody's word: it is told, and changes nothing of what is believed.

}  // namespace
}  // namespace latchkey::update
