// What runs, and when it changes: the rows of the fault table that need no network.
#include "update/installation.h"

#include <gtest/gtest.h>

#include "tests/support/update/simulation/faulty_vfs.h"
#include "tests/support/update/test_bundles.h"

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;
using testing::open_installation;
using testing::put_bundle;
using testing::record_of;
using testing::running_version;
using testing::version;

constexpr MonotonicTime t0{};

class Device : public ::testing::Test {
 protected:
  ManualClock clock;
  MemoryVfs vfs;
  std::unique_ptr<Installation> app;

  void start(const testing::OpenOptions& options = {}, ApplyMode mode = ApplyMode::next_restart) {
    app.reset();
    app = open_installation(vfs, clock, options);
    app->start(mode);
  }
  void stage(BundleRecord record, const std::vector<DelayCondition>& conditions = {},
             ApplyMode mode = ApplyMode::next_restart) {
    ASSERT_TRUE(put_bundle(app->store(), version(static_cast<int>(record.sequence)), nullptr));
    ASSERT_TRUE(app->stage(record, conditions, mode));
  }
  void show() { app->begin_load(t0); }
  void confirm() { ASSERT_TRUE(app->ready(app->begin_load(t0))); }
  void live_long() {
    app->poll(t0);
    app->poll(t0 + 31s);
  }
  // Version `n` runs and is confirmed.
  void have(int n) {
    start();
    stage(record_of(n));
    start();
    confirm();
    live_long();
  }
  int runs() const { return running_version(*app); }
};

TEST_F(Device, bundle_crashes_at_start_twice_then_the_one_before_runs) {
  have(1);
  stage(record_of(2));
  start();
  show();
  EXPECT_EQ(runs(), 2);
  start();
  show();
  EXPECT_EQ(runs(), 2);
  start();
  EXPECT_EQ(runs(), 1);
  EXPECT_TRUE(app->state().is_bad(record_of(2).root));
  EXPECT_EQ(app->take_happenings().back().kind, HappeningKind::rolled_back);
}

TEST_F(Device, never_calls_ready_and_the_watchdog_rolls_back) {
  have(1);
  stage(record_of(2));
  start();
  app->begin_load(t0);
  app->poll(t0 + 9'999ms);
  EXPECT_EQ(runs(), 2);
  app->poll(t0 + 10s);
  EXPECT_EQ(runs(), 1);
  const auto happenings = app->take_happenings();
  EXPECT_TRUE(happenings.back().must_reload);
  EXPECT_EQ(happenings.back().reason, Failure::not_ready);
}

TEST_F(Device, background_and_debugger_pause_the_watchdog) {
  have(1);
  stage(record_of(2));
  start();
  app->begin_load(t0);
  app->went_to_background(t0 + 5s, ApplyMode::next_restart);
  app->came_to_foreground(t0 + 500s, ApplyMode::next_restart);
  app->poll(t0 + 504s);
  app->pause(t0 + 504s);
  app->poll(t0 + 9'000s);
  EXPECT_EQ(runs(), 2);
  app->resume(t0 + 9'000s);
  app->poll(t0 + 9'001s);
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, an_old_page_cannot_vouch_for_a_new_bundle) {
  have(1);
  const LoadToken old_page = app->begin_load(t0);
  stage(record_of(2), {}, ApplyMode::direct);
  EXPECT_EQ(runs(), 2);
  EXPECT_EQ(app->ready(old_page).error().code, Code::conflict);
  app->begin_load(t0);
  EXPECT_EQ(app->ready(old_page).error().code, Code::conflict);
  EXPECT_EQ(app->state().phase, Phase::trial);
}

TEST_F(Device, of_two_pages_of_a_new_bundle_either_may_vouch_for_it) {
  have(1);
  stage(record_of(2), {}, ApplyMode::direct);
  const LoadToken first = app->begin_load(t0);
  show();  // a second window, which somebody closes again
  EXPECT_TRUE(app->ready(first));
  EXPECT_EQ(app->state().phase, Phase::confirmed);
}

TEST_F(Device, a_page_that_loads_itself_again_and_again_gains_no_time) {
  have(1);
  stage(record_of(2), {}, ApplyMode::direct);
  for (int second = 0; second <= 10; ++second) {
    EXPECT_EQ(runs(), 2) << second;
    app->begin_load(t0 + std::chrono::seconds(second));
    app->poll(t0 + std::chrono::seconds(second));
  }
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, late_ready_of_a_bundle_that_was_rolled_back_counts_for_nothing) {
  have(1);
  stage(record_of(2), {}, ApplyMode::direct);
  const LoadToken late = app->begin_load(t0);
  app->poll(t0 + 10s);
  EXPECT_FALSE(app->ready(late));
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, crash_after_ready_in_a_loop_rolls_back_once_then_to_built_in) {
  have(1);
  stage(record_of(2));
  start();
  confirm();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(runs(), 2);
    clock.advance(5s);
    start();
    show();
  }
  EXPECT_EQ(runs(), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(runs(), 1);
    clock.advance(5s);
    start();
    show();
  }
  EXPECT_EQ(runs(), 0);
  stage(record_of(3));  // updates stay enabled
  start();
  EXPECT_EQ(runs(), 3);
}

TEST_F(Device, crashes_far_apart_or_after_a_while_or_in_the_background_are_no_loop) {
  have(1);
  for (int i = 0; i < 8; ++i) {
    clock.advance(6min);
    start();
    show();
  }
  EXPECT_EQ(runs(), 1);
  for (int i = 0; i < 8; ++i) {
    start();
    show();
    live_long();
    start();
    show();
    app->went_to_background(t0 + 1s, ApplyMode::next_restart);
  }
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, starts_without_a_page_are_no_crashes_and_no_tries) {
  have(1);
  for (int i = 0; i < 8; ++i) start();  // killed before anybody saw anything
  EXPECT_EQ(runs(), 1);
  stage(record_of(2));
  for (int i = 0; i < 8; ++i) start();
  EXPECT_EQ(runs(), 2);
  EXPECT_EQ(app->state().tries, 0);
}

TEST_F(Device, windows_that_a_person_closes_soon_are_no_crashes) {
  have(1);
  for (int i = 0; i < 8; ++i) {
    start();
    if (i % 2 == 0) confirm();
    show();
    clock.advance(3s);
    app->ended(t0 + 3s);
  }
  start();
  EXPECT_EQ(runs(), 1);
  EXPECT_TRUE(app->state().crashes.empty());
}

TEST_F(Device, a_new_bundle_that_is_closed_at_once_is_not_given_up_but_one_that_shows_nothing_is) {
  have(1);
  stage(record_of(2));
  for (int i = 0; i < 4; ++i) {
    start();
    show();
    app->poll(t0 + 2s);
    app->ended(t0 + 2s);  // a person had no time
    EXPECT_EQ(runs(), 2);
  }
  start();
  show();
  app->poll(t0 + 1s);
  EXPECT_EQ(runs(), 2);
  app->poll(t0 + 2s);  // now it was looked at for ten seconds altogether
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(app->take_happenings().back().reason, Failure::not_ready);
}

TEST_F(Device, a_new_bundle_that_was_closed_and_then_crashes_is_given_up) {
  have(1);
  stage(record_of(2));
  start();
  show();
  app->went_to_background(t0 + 1s, ApplyMode::next_restart);
  EXPECT_EQ(app->state().tries, 0);
  app->came_to_foreground(t0 + 9s, ApplyMode::next_restart);
  EXPECT_EQ(app->state().tries, 1);
  start();
  EXPECT_EQ(runs(), 2);
  show();
  start();
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, deleted_files_lead_to_the_one_before_and_do_not_block) {
  have(1);
  stage(record_of(2));
  start();
  confirm();
  ASSERT_TRUE(vfs.remove(blob_path(crypto::sha256(as_bytes(version(2)[0].text)))));
  start();
  EXPECT_EQ(runs(), 1);
  EXPECT_FALSE(app->state().is_bad(record_of(2).root));
  stage(record_of(2));  // downloaded anew
  start();
  EXPECT_EQ(runs(), 2);
}

class FailingDisk : public Device {
 protected:
  testing::FaultyVfs disk{vfs};

  FailingDisk() {
    have(1);
    stage(record_of(2));
    start();
    confirm();
    live_long();
  }
  // The state can be read; what bundles hold cannot.
  void start_unreadable() {
    disk.set({});
    app.reset();
    app = open_installation(disk, clock);
    disk.set({.harm = testing::DiskHarm::unreadable, .at = 1, .calls = 1'000'000});
    app->start(ApplyMode::next_restart);
  }
};

TEST_F(FailingDisk, that_cannot_be_read_is_no_damage) {
  start_unreadable();
  EXPECT_EQ(runs(), 0) << "the one before cannot be read, either";
  EXPECT_EQ(app->state().current->sequence, 2U);
  start();
  EXPECT_EQ(runs(), 2);
  EXPECT_EQ(app->state().phase, Phase::confirmed);
  EXPECT_EQ(app->state().previous->sequence, 1U);
  start_unreadable();
  start();
  EXPECT_EQ(runs(), 2) << "a start that went well lies between";
}

TEST_F(FailingDisk, gives_up_at_the_second_start_what_is_not_blocked_for_it) {
  const TreeRoot root = record_of(2).root;
  start_unreadable();
  start_unreadable();
  EXPECT_EQ(app->state().current->sequence, 1U) << "one start gives up one bundle";
  EXPECT_EQ(runs(), 0);
  start();
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(app->take_happenings().size(), 0U);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(app->stage(record_of(2), {}, ApplyMode::direct)) << "it comes again";
    EXPECT_EQ(runs(), 2);
    confirm();
    live_long();
    start_unreadable();
    start_unreadable();
    start();
    EXPECT_EQ(runs(), 1);
  }
  EXPECT_FALSE(app->state().is_bad(root));
}

TEST_F(FailingDisk, is_no_reason_to_block_what_is_new) {
  stage(record_of(3));
  start_unreadable();
  EXPECT_EQ(app->state().phase, Phase::trial);
  EXPECT_EQ(runs(), 0);
  EXPECT_EQ(app->state().tries, 0);
  start();
  EXPECT_EQ(runs(), 3);
  confirm();
  EXPECT_EQ(app->state().phase, Phase::confirmed);
}

TEST_F(Device, altered_files_are_found_at_the_first_boot) {
  have(1);
  stage(record_of(2));
  const std::string blob = blob_path(crypto::sha256(as_bytes(version(2)[0].text)));
  ASSERT_TRUE((*vfs.open(blob, OpenMode::write))->write(0, as_bytes("X")));
  start();
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, a_store_update_with_a_newer_bundle_wins) {
  have(3);
  start({.built_in_sequence = 3});
  EXPECT_EQ(runs(), 3);
  start({.built_in_sequence = 4});
  EXPECT_EQ(runs(), 0);
}

TEST_F(Device, a_native_app_out_of_range_runs_the_built_in_bundle) {
  start();
  BundleRecord record = record_of(1);
  record.native.max = NativeVersion{1, 9, 0};
  stage(record);
  start();
  confirm();
  EXPECT_EQ(runs(), 1);
  start({.native = {2, 0, 0}});
  EXPECT_EQ(runs(), 0);
}

TEST_F(Device, a_bundle_for_another_fingerprint_is_not_switched_to) {
  start();
  BundleRecord record = record_of(1);
  record.native.fingerprints = {ByteArray<32>{1}};
  stage(record);
  start();
  EXPECT_EQ(runs(), 0);
  EXPECT_FALSE(app->state().staged);
}

TEST_F(Device, a_try_that_cannot_be_counted_is_not_made) {
  have(1);
  stage(record_of(2));
  vfs.refuse([](Deed, const std::string&) { return MemoryVfs::Refusal{{Code::storage_full, "full"}}; });
  start();
  EXPECT_EQ(runs(), 1);
  vfs.refuse({});
  start();
  EXPECT_EQ(runs(), 2);
}

TEST_F(Device, a_page_is_not_shown_when_its_try_cannot_be_counted) {
  have(1);
  stage(record_of(2));
  start();
  EXPECT_EQ(runs(), 2);
  vfs.refuse([](Deed, const std::string&) { return MemoryVfs::Refusal{{Code::storage_full, "full"}}; });
  show();
  EXPECT_EQ(runs(), 1);
  app->poll(t0 + 60s);
  app->crashed();
  EXPECT_EQ(runs(), 1);
}

TEST_F(Device, what_is_held_back_waits_until_it_is_not) {
  have(1);
  stage(record_of(2));
  ASSERT_TRUE(app->hold_staged(true, ApplyMode::next_restart));
  start();
  EXPECT_EQ(runs(), 1);
  EXPECT_EQ(app->activate().error().code, Code::temporarily_unavailable);
  ASSERT_TRUE(app->hold_staged(false, ApplyMode::next_restart));
  EXPECT_EQ(runs(), 1);
  start();
  EXPECT_EQ(runs(), 2);
  stage(record_of(3), {}, ApplyMode::background);
  ASSERT_TRUE(app->hold_staged(true, ApplyMode::direct));
  ASSERT_TRUE(app->hold_staged(false, ApplyMode::direct));
  EXPECT_EQ(runs(), 3) << "at once, as it would have been";
}

TEST_F(Device, conditions_are_all_waited_for) {
  have(1);
  const Instant date = clock.now() + std::chrono::hours(1);
  stage(record_of(2), {{.kind = DelayKind::date, .at = date}, {.kind = DelayKind::kill}}, ApplyMode::direct);
  EXPECT_EQ(runs(), 1);
  start({}, ApplyMode::direct);
  EXPECT_EQ(runs(), 1);
  clock.advance(2h);
  app->went_to_background(t0, ApplyMode::direct);
  app->came_to_foreground(t0 + 900s, ApplyMode::direct);
  EXPECT_EQ(runs(), 1);
  start({}, ApplyMode::direct);
  EXPECT_EQ(runs(), 2);
}

TEST_F(Device, conditions_of_what_waits_can_be_changed_and_cancelled) {
  have(1);
  const DelayCondition later{.kind = DelayKind::date, .at = clock.now() + 1h};
  EXPECT_EQ(app->delay({later}, ApplyMode::direct).error().code, Code::not_found) << "nothing waits";
  stage(record_of(2), {later}, ApplyMode::direct);
  ASSERT_TRUE(app->delay({{.kind = DelayKind::kill}}, ApplyMode::direct));
  EXPECT_EQ(runs(), 1);
  const std::vector<DelayCondition> too_many(State::max_conditions + 1);
  EXPECT_EQ(app->delay(too_many, ApplyMode::direct).error().code, Code::invalid_argument);
  EXPECT_EQ(app->state().conditions.size(), 1U);
  start({}, ApplyMode::direct);
  EXPECT_EQ(runs(), 2) << "of what was said last, and it outlived the app";
  confirm();
  stage(record_of(3), {later}, ApplyMode::direct);
  EXPECT_EQ(runs(), 2);
  ASSERT_TRUE(app->delay({}, ApplyMode::direct));
  EXPECT_EQ(runs(), 3) << "at once, as it would have been";
}

TEST_F(Device, modes_switch_at_their_moment_only) {
  have(1);
  stage(record_of(2), {}, ApplyMode::background);
  EXPECT_EQ(runs(), 1);
  app->went_to_background(t0, ApplyMode::background);
  EXPECT_EQ(runs(), 2);
  app->came_to_foreground(t0, ApplyMode::background);
  confirm();
  stage(record_of(3), {}, ApplyMode::manual);
  start({}, ApplyMode::manual);
  EXPECT_EQ(runs(), 2);
  EXPECT_TRUE(app->activate());
  EXPECT_EQ(runs(), 3);
  EXPECT_EQ(app->activate().error().code, Code::not_found);
}

TEST_F(Device, a_second_process_is_told_that_the_folder_is_taken) {
  const auto held = vfs.lock();
  ASSERT_TRUE(held);
  EXPECT_EQ(vfs.lock().error().code, Code::busy);
}

TEST_F(Device, a_state_of_another_device_begins_anew_from_the_built_in_bundle) {
  have(1);
  auto opened = Installation::open(vfs, StateKey::copy_of(Bytes(32, 9)), make_built_in_page("x"), {}, clock);
  (*opened)->start(ApplyMode::next_restart);
  EXPECT_EQ(running_version(**opened), 0);
  EXPECT_EQ((*opened)->take_happenings().front().kind, HappeningKind::state_lost);
}

}  // namespace
}  // namespace latchkey::update
