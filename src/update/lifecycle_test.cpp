// The lifecycle, row by row.
#include "update/lifecycle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;

BundleRecord record_of_byte(std::uint8_t byte) {
  BundleRecord record;
  record.root.fill(byte);
  record.sequence = byte;
  return record;
}

State state_in(Phase phase, bool has_previous) {
  State state;
  state.phase = phase;
  if (phase != Phase::built_in) state.current = record_of_byte(2);
  if (has_previous && phase != Phase::built_in) state.previous = record_of_byte(1);
  state.staged = record_of_byte(3);
  state.tries = phase == Phase::trial ? 1 : 0;
  state.crashes = {from_unix_seconds(1)};
  return state;
}

Phase phase_of(Next next, bool has_previous) {
  switch (next) {
    case Next::built_in:
      return Phase::built_in;
    case Next::trial:
      return Phase::trial;
    case Next::confirmed:
      return Phase::confirmed;
    case Next::previous:
      return has_previous ? Phase::confirmed : Phase::built_in;
  }
  return Phase::built_in;
}

class Row : public ::testing::TestWithParam<LifecycleRow> {};
INSTANTIATE_TEST_SUITE_P(Lifecycle, Row, ::testing::ValuesIn(lifecycle().begin(), lifecycle().end()),
                         [](const auto& info) {
                           return std::string(name_of(info.param.phase)) + "_" +
                                  std::string(name_of(info.param.trigger));
                         });

TEST_P(Row, leads_where_it_says_and_leaves_a_state_that_can_run) {
  const LifecycleRow& row = GetParam();
  for (const bool has_previous : {false, true}) {
    const State before = state_in(row.phase, has_previous);
    State after = before;
    const LifecycleRow& applied =
        apply(after, row.trigger, {.staged = record_of_byte(4), .reason = Failure::not_ready});
    EXPECT_EQ(&applied, &lifecycle_row(row.phase, row.trigger));
    EXPECT_EQ(after.phase, phase_of(row.next, has_previous && before.previous.has_value()));
    EXPECT_EQ(after.phase == Phase::built_in, !after.current.has_value());
    // What does not fall back or switch leaves what runs.
    const auto does = [&](Action action) { return std::ranges::find(row.actions, action) != row.actions.end(); };
    if (!does(Action::fall_back) && !does(Action::to_built_in) && !does(Action::switch_to_staged))
      EXPECT_EQ(after.current, before.current);
    if (does(Action::fall_back)) EXPECT_EQ(after.current, before.previous);
    if (does(Action::switch_to_staged)) EXPECT_EQ(after.current, before.staged);
    EXPECT_EQ(does(Action::block), before.current && after.is_bad(before.current->root));
    if (does(Action::keep_staged)) EXPECT_EQ(after.staged, record_of_byte(4));
    if (does(Action::drop_staged)) EXPECT_FALSE(after.staged);
    if (row.actions.empty()) EXPECT_EQ(after, before);
  }
}

TEST(Lifecycle, has_one_row_for_every_phase_and_trigger_in_order) {
  ASSERT_EQ(lifecycle().size(), 3 * trigger_count);
  for (std::size_t i = 0; i < lifecycle().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(lifecycle()[i].phase), i / trigger_count);
    EXPECT_EQ(static_cast<std::size_t>(lifecycle()[i].trigger), i % trigger_count);
  }
}

TEST(Lifecycle, an_unconfirmed_bundle_never_becomes_the_one_to_fall_back_to) {
  State state;
  state.staged = record_of_byte(1);
  apply(state, Trigger::activate);
  apply(state, Trigger::ready);
  apply(state, Trigger::staged, {.staged = record_of_byte(2)});
  apply(state, Trigger::activate);
  EXPECT_EQ(state.previous, record_of_byte(1));
  apply(state, Trigger::staged, {.staged = record_of_byte(3)});  // the fix arrives before 2 said anything
  apply(state, Trigger::activate);
  EXPECT_EQ(state.current, record_of_byte(3));
  EXPECT_EQ(state.previous, record_of_byte(1));
}

TEST(Lifecycle, a_crash_loop_leads_to_previous_then_to_built_in) {
  State state = state_in(Phase::confirmed, true);
  apply(state, Trigger::crash_loop, {.reason = Failure::crash});
  EXPECT_EQ(state.current, record_of_byte(1));
  apply(state, Trigger::crash_loop, {.reason = Failure::crash});
  EXPECT_EQ(state.phase, Phase::built_in);
  EXPECT_TRUE(state.is_bad(record_of_byte(1).root) && state.is_bad(record_of_byte(2).root));
  apply(state, Trigger::staged, {.staged = record_of_byte(5)});  // and a fix can still arrive
  apply(state, Trigger::activate);
  EXPECT_EQ(state.current, record_of_byte(5));
}

TEST(Lifecycle, two_starts_without_ready_exhaust_a_trial) {
  State state = state_in(Phase::trial, true);
  state.tries = 0;
  for (unsigned i = 0; i < max_tries; ++i) {
    EXPECT_FALSE(is_exhausted(state, 10s));
    apply(state, Trigger::start);
  }
  EXPECT_TRUE(is_exhausted(state, 10s));
  state.phase = Phase::confirmed;
  EXPECT_FALSE(is_exhausted(state, 10s));
}

TEST(Lifecycle, starts_that_were_closed_exhaust_a_trial_by_the_time_they_were_looked_at) {
  State state = state_in(Phase::trial, true);
  state.tries = 0;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(is_exhausted(state, 10s)) << i;
    apply(state, Trigger::start);
    apply(state, Trigger::closed, {.shown_for = 2500ms});
    EXPECT_EQ(state.tries, 0);
  }
  EXPECT_TRUE(is_exhausted(state, 10s));
  apply(state, Trigger::ready);
  EXPECT_EQ(state.shown_for, 0ms);
}

TEST(Lifecycle, damage_blocks_at_the_third_time_only) {
  State state;
  for (unsigned i = 1; i <= max_strikes; ++i) {
    state.staged = record_of_byte(7);
    apply(state, Trigger::activate);
    apply(state, Trigger::damaged, {.reason = Failure::verify});
    EXPECT_EQ(state.is_bad(record_of_byte(7).root), i == max_strikes);
  }
}

TEST(Lifecycle, docs_print_this_table) {
  std::filesystem::path folder = std::filesystem::current_path();
  while (folder.has_relative_path() && !std::filesystem::exists(folder / "docs/update-states.md"))
    folder = folder.parent_path();
  std::stringstream page;
  page << std::ifstream(folder / "docs/update-states.md").rdbuf();
  EXPECT_NE(page.str().find(print_lifecycle()), std::string::npos) << print_lifecycle();
}

}  // namespace
}  // namespace latchkey::update
