// When the engine may switch, to what, and when it must not: modes, conditions, native range, policy, clock - each
// against a repository as a publisher makes it. The table in docs/update-states.md names these tests.
#include <fmt/chrono.h>
#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "update/engine.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using Obstacle = protocol::release::Verdict;
using testing::AppRepository;
using testing::Publication;
using testing::TestDevice;

class Rules : public ::testing::Test {
 protected:
  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};

  void have(int version) {
    repository.publish(version);
    device.start();
    device.update();
    ASSERT_EQ(device.runs(), version);
    (void)device.engine().take_happenings();
  }
  // The next release, downloaded in this mode; its sequence.
  std::uint64_t get(int version, ApplyMode mode, const std::vector<DelayCondition>& conditions = {},
                    const Publication& how = {}) {
    device.config.mode = mode;
    device.start();
    const std::uint64_t sequence = repository.publish(version, how);
    EXPECT_EQ(device.check(), CheckKind::available);
    const auto report = device.engine().download(conditions);
    EXPECT_TRUE(report) << to_string(report.error());
    return sequence;
  }
  void hide() { device.engine().went_to_background(device.time); }
  void look(std::chrono::seconds after) { device.engine().came_to_foreground(device.time += after); }

  using Story = std::vector<std::string>;
  Story story() {
    Story told;
    for (const Happening& one : device.engine().take_happenings())
      told.push_back(std::string(name_of(one.kind)) + " " + one.bundle.name +
                     (one.reason ? " " + std::string(name_of(*one.reason)) : "") + (one.must_reload ? " reload" : ""));
    return told;
  }
};

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

TEST_F(Rules, a_clock_set_back_makes_no_expired_metadata_valid) {
  have(1);
  const Instant begin = device.clock.now();
  const auto later = std::chrono::floor<std::chrono::seconds>(begin + 24h * 10);
  repository.tuf.timestamp.expires = begin + 24h * 11;
  repository.tuf.snapshot.expires = begin + 24h * 20;
  repository.policy.issued = later;
  repository.publish(2, {.issued = later});
  device.clock.advance(24h * 10);
  device.update();
  device.clock.set(begin);
  device.start();
  repository.tuf.timestamp.expires = begin + 24h * 5;  // and the clock says that this is to come
  repository.publish(3);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_clock_far_ahead_stops_updates_and_not_the_app) {
  have(1);
  repository.publish(2);
  device.clock.advance(24h * 3650);
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired);
  EXPECT_EQ(device.runs(), 1);
  ASSERT_TRUE(device.say_ready());
  device.clock.set(repository.tuf.now());
  device.update();
  EXPECT_EQ(device.runs(), 2) << "set right it goes on: a wrong clock is not remembered";
}

TEST_F(Rules, a_bundle_that_crashes_at_its_starts_is_reported_at_the_next_good_one) {
  have(1);
  get(2, ApplyMode::next_restart);
  for (int i = 0; i < 2; ++i) {
    device.start();
    EXPECT_EQ(device.runs(), 2);
    device.show();
  }
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(story(), Story{"rolled_back 1.2 not_ready"});
  EXPECT_TRUE(device.engine().state().is_bad(repository.root_of(2)));
  repository.reports.clear();
  ASSERT_TRUE(device.engine().send_reports());
  EXPECT_FALSE(repository.reports.empty());
}

TEST_F(Rules, a_tree_that_failed_is_blocked_in_every_later_release_of_it) {
  have(1);
  get(2, ApplyMode::direct);
  device.show();
  device.live(10s);
  EXPECT_EQ(device.runs(), 1);
  repository.publish(2);
  EXPECT_EQ(device.check(), CheckKind::blocked);
  repository.publish(3);
  device.update();
  EXPECT_EQ(device.runs(), 3);
}

TEST_F(Rules, files_that_are_gone_at_a_start_lead_to_the_one_before_and_come_again) {
  have(1);
  repository.publish(2);
  device.update();
  const auto& file = repository.bundle(2).tree().files().front();
  ASSERT_TRUE(device.vfs().remove(blob_path(file.sha256)));
  device.start();
  EXPECT_EQ(device.runs(), 1);
  EXPECT_EQ(story(), Story{"rolled_back 1.2 verify reload"});
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_folder_that_was_emptied_begins_anew) {
  have(1);
  device.stop();
  std::filesystem::remove_all(device.data());
  device.start();
  EXPECT_EQ(device.runs(), 0);
  device.update();
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, what_was_left_half_done_goes_at_a_start_and_parts_stay) {
  have(1);
  const std::string part = "parts/" + std::string(64, 'a') + ".part";
  for (const std::string& path : {std::string("blobs/.tmp-1"), std::string(".tmp-device"), part})
    ASSERT_TRUE(device.vfs().open(path, OpenMode::create));
  device.start();
  EXPECT_FALSE(*device.vfs().size_of("blobs/.tmp-1"));
  EXPECT_FALSE(*device.vfs().size_of(".tmp-device"));
  EXPECT_TRUE(*device.vfs().size_of(part));
  EXPECT_EQ(device.runs(), 1);
}

TEST_F(Rules, whatever_a_portal_answers_is_no_update_and_no_error_of_the_app) {
  have(1);
  repository.publish(2);
  const auto answer = [&](int status, const char* type, const char* body) {
    repository.interfere([=](const std::string&, const http::Response&) -> std::optional<http::Response> {
      auto response = http::text_response(status, type, WipedString(std::string_view(body)));
      if (status == 302) response.headers.set("Location", "https://login.portal.example/");
      return response;
    });
    return device.check();
  };
  EXPECT_EQ(answer(200, "text/html", "<!doctype html><title>Please sign in"), CheckKind::no_answer);
  EXPECT_EQ(answer(302, "text/html", ""), CheckKind::no_answer);
  EXPECT_EQ(answer(511, "text/html", "<!doctype html>"), CheckKind::no_answer);
  EXPECT_EQ(answer(200, "application/json", "{}"), CheckKind::no_answer);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_GT(device.longest_pause(), 1s) << "of up to 32 s, the fourth time";
  EXPECT_LE(device.longest_pause(), 32s);
  EXPECT_EQ(device.engine().next_check(1h), 1h);
  repository.interfere({});
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(Rules, a_storm_of_failures_is_answered_with_patience) {
  have(1);
  repository.interfere([](const std::string&, const http::Response&) -> std::optional<http::Response> {
    auto busy = http::empty_response(503);
    busy.headers.set("Retry-After", "7200");
    return busy;
  });
  EXPECT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_GE(device.engine().next_check(1min), 2h) << "as the server asks";
  EXPECT_LE(device.engine().next_check(1min), 6h);
  repository.interfere({});
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(device.engine().next_check(1min), 1min);
}

// Signed once more by the channel's own keys, as a mistake of a build machine or with a stolen key.
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
TEST_F(Rules, a_clock_that_differs_from_the_hosts_is_told_and_nothing_more) {
  std::string date;
  repository.interfere([&](const std::string&, http::Response good) {
    good.headers.set("Date", date);
    return std::optional(std::move(good));
  });
  const auto host_says = [&](Instant at) {
    date = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", std::chrono::floor<std::chrono::seconds>(at));
  };
  const Instant right = repository.tuf.now();
  host_says(right);
  have(1);
  EXPECT_FALSE(device.last.clock_ahead);
  repository.publish(2);

  device.clock.advance(24h * 400);
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_expired) << "though it had not, by the host's Date";
  EXPECT_EQ(device.last.clock_ahead, 24h * 400);
  EXPECT_EQ(device.runs(), 1);
  EXPECT_LE(device.engine().state().time_floor, right);

  device.clock.advance(-24h * 400);
  const Instant floor = device.engine().state().time_floor;
  host_says(right + 24h * 5000);
  ASSERT_EQ(device.check(), CheckKind::available) << "a host that speaks of the future makes nothing expire";
  EXPECT_EQ(device.last.clock_ahead, -24h * 5000);
  EXPECT_LT(device.engine().state().time_floor, right + 24h) << "nor raises what is known to have passed";
  EXPECT_GE(device.engine().state().time_floor, floor);
  host_says(device.config.built_at - 24h);
  ASSERT_EQ(device.check(), CheckKind::available);
  EXPECT_FALSE(device.last.clock_ahead) << "a time that has surely passed says nothing";
}

}  // namespace
}  // namespace latchkey::update
