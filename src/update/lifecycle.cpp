#include "update/lifecycle.h"

#include <algorithm>
#include <array>

namespace latchkey::update {
namespace {

using enum Action;

const std::vector<LifecycleRow>& table() {
  // clang-format off
  static const std::vector<LifecycleRow> rows{
      {Phase::built_in, Trigger::staged,          Next::built_in,  {keep_staged}},
      {Phase::built_in, Trigger::withdrawn,       Next::built_in,  {drop_staged, collect}},
      {Phase::built_in, Trigger::activate,        Next::trial,     {switch_to_staged, reload, report}},
      {Phase::built_in, Trigger::start,           Next::built_in,  {}},
      {Phase::built_in, Trigger::closed,          Next::built_in,  {}},
      {Phase::built_in, Trigger::start_exhausted, Next::built_in,  {}},
      {Phase::built_in, Trigger::ready,           Next::built_in,  {}},
      {Phase::built_in, Trigger::not_ready,       Next::built_in,  {}},
      {Phase::built_in, Trigger::crash_loop,      Next::built_in,  {}},
      {Phase::built_in, Trigger::damaged,         Next::built_in,  {}},
      {Phase::built_in, Trigger::unreadable,      Next::built_in,  {}},
      {Phase::built_in, Trigger::incompatible,    Next::built_in,  {}},
      {Phase::built_in, Trigger::built_in_newer,  Next::built_in,  {}},
      {Phase::built_in, Trigger::reset,           Next::built_in,  {drop_staged, collect}},

      {Phase::trial, Trigger::staged,          Next::trial,     {keep_staged}},
      {Phase::trial, Trigger::withdrawn,       Next::trial,     {drop_staged, collect}},
      {Phase::trial, Trigger::activate,        Next::trial,     {switch_to_staged, reload, report}},
      {Phase::trial, Trigger::start,           Next::trial,     {count_try}},
      {Phase::trial, Trigger::closed,          Next::trial,     {forgive_try}},
      {Phase::trial, Trigger::start_exhausted, Next::previous,  {block, fall_back, report}},
      {Phase::trial, Trigger::ready,           Next::confirmed, {confirm, collect, report}},
      {Phase::trial, Trigger::not_ready,       Next::previous,  {block, fall_back, reload, report}},
      {Phase::trial, Trigger::crash_loop,      Next::previous,  {block, fall_back, reload, report}},
      {Phase::trial, Trigger::damaged,         Next::previous,  {strike, fall_back, reload, report}},
      {Phase::trial, Trigger::unreadable,      Next::previous,  {fall_back, reload, report}},
      {Phase::trial, Trigger::incompatible,    Next::built_in,  {to_built_in, collect}},
      {Phase::trial, Trigger::built_in_newer,  Next::built_in,  {to_built_in, collect}},
      {Phase::trial, Trigger::reset,           Next::built_in,  {drop_staged, to_built_in, reload, collect}},

      {Phase::confirmed, Trigger::staged,          Next::confirmed, {keep_staged}},
      {Phase::confirmed, Trigger::withdrawn,       Next::confirmed, {drop_staged, collect}},
      {Phase::confirmed, Trigger::activate,        Next::trial,     {remember_previous, switch_to_staged, reload, report}},
      {Phase::confirmed, Trigger::start,           Next::confirmed, {}},
      {Phase::confirmed, Trigger::closed,          Next::confirmed, {}},
      {Phase::confirmed, Trigger::start_exhausted, Next::confirmed, {}},
      {Phase::confirmed, Trigger::ready,           Next::confirmed, {}},
      {Phase::confirmed, Trigger::not_ready,       Next::confirmed, {}},
      {Phase::confirmed, Trigger::crash_loop,      Next::previous,  {block, fall_back, reload, report}},
      {Phase::confirmed, Trigger::damaged,         Next::previous,  {strike, fall_back, reload, report}},
      {Phase::confirmed, Trigger::unreadable,      Next::previous,  {fall_back, reload, report}},
      {Phase::confirmed, Trigger::incompatible,    Next::built_in,  {to_built_in, collect}},
      {Phase::confirmed, Trigger::built_in_newer,  Next::built_in,  {to_built_in, collect}},
      {Phase::confirmed, Trigger::reset,           Next::built_in,  {drop_staged, to_built_in, reload, collect}},
  };
  // clang-format on
  return rows;
}

void run_from(State& state, std::optional<BundleRecord> record, Phase phase) {
  state.current = std::move(record);
  state.phase = phase;
  state.tries = 0;
  state.shown_for = {};
  state.is_hashed = false;
  state.crashes.clear();
  state.open_run.reset();
}

void fall_back_from(State& state) {
  const Phase phase = state.previous ? Phase::confirmed : Phase::built_in;
  run_from(state, std::exchange(state.previous, std::nullopt), phase);
}

void drop_waiting(State& state) {
  state.staged.reset();
  state.conditions.clear();
  state.is_held = false;
}

// A tree may have been released twice: what is blocked is not fallen back to, nor does it wait.
void block_running(State& state, Failure reason) {
  if (!state.current) return;
  const TreeRoot root = state.current->root;
  state.block(root, reason);
  if (state.previous && state.previous->root == root) state.previous.reset();
  if (state.staged && state.staged->root == root) drop_waiting(state);
}

void strike_running(State& state) {
  if (state.current && state.strike(state.current->root) >= max_strikes) block_running(state, Failure::verify);
}

void confirm_running(State& state) {
  state.phase = Phase::confirmed;
  state.tries = 0;
  state.shown_for = {};
  state.forget_strikes(state.current->root);
}

void forgive_try_of(State& state, std::chrono::milliseconds shown_for) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);  // fits a slot; no trial lasts that long
  if (state.tries > 0) --state.tries;
  state.shown_for = std::min(state.shown_for + shown_for, longest);
}

void perform(State& state, Action action, const TriggerFacts& facts) {
  switch (action) {
    case keep_staged:
      state.staged = facts.staged;
      state.conditions = facts.conditions;
      state.is_held = false;
      return;
    case drop_staged:
      return drop_waiting(state);
    case remember_previous:
      state.previous = state.current;
      return;
    case switch_to_staged:
      run_from(state, std::exchange(state.staged, std::nullopt), Phase::trial);
      return drop_waiting(state);
    case count_try:
      ++state.tries;
      return;
    case forgive_try:
      return forgive_try_of(state, facts.shown_for);
    case confirm:
      return confirm_running(state);
    case block:
      return block_running(state, facts.reason);
    case strike:
      return strike_running(state);
    case fall_back:
      return fall_back_from(state);
    case to_built_in:
      state.previous.reset();
      return run_from(state, std::nullopt, Phase::built_in);
    case reload:
    case collect:
    case report:
      return;  // the engine's to do
  }
}

}  // namespace

std::string_view name_of(Trigger trigger) {
  constexpr std::array<std::string_view, trigger_count> names{
      "staged",    "withdrawn",  "activate", "start",      "closed",       "start_exhausted", "ready",
      "not_ready", "crash_loop", "damaged",  "unreadable", "incompatible", "built_in_newer",  "reset"};
  return names.at(static_cast<std::size_t>(trigger));
}

std::string_view name_of(Action action) {
  constexpr std::array<std::string_view, 14> names{
      "keep_staged", "drop_staged", "remember_previous", "switch_to_staged", "count_try", "forgive_try", "confirm",
      "block",       "strike",      "fall_back",         "to_built_in",      "reload",    "collect",     "report"};
  return names.at(static_cast<std::size_t>(action));
}

std::string_view name_of(Next next) {
  constexpr std::array<std::string_view, 4> names{"built_in", "trial", "confirmed", "previous"};
  return names.at(static_cast<std::size_t>(next));
}

std::span<const LifecycleRow> lifecycle() { return table(); }

const LifecycleRow& lifecycle_row(Phase phase, Trigger trigger) {
  return table().at(static_cast<std::size_t>(phase) * trigger_count + static_cast<std::size_t>(trigger));
}

std::string print_lifecycle() {
  std::string out = "| phase | event | next | actions |\n|---|---|---|---|\n";
  for (const LifecycleRow& row : table()) {
    out += "| " + std::string(name_of(row.phase)) + " | " + std::string(name_of(row.trigger)) + " | " +
           std::string(name_of(row.next)) + " | ";
    for (std::size_t i = 0; i < row.actions.size(); ++i)
      out += (i == 0 ? "" : ", ") + std::string(name_of(row.actions[i]));
    out += row.actions.empty() ? "- |\n" : " |\n";
  }
  return out;
}

const LifecycleRow& apply(State& state, Trigger trigger, const TriggerFacts& facts) {
  const LifecycleRow& row = lifecycle_row(state.phase, trigger);
  for (const Action action : row.actions) perform(state, action, facts);
  return row;
}

bool is_exhausted(const State& state, std::chrono::milliseconds ready_within) {
  return state.phase == Phase::trial && (state.tries >= max_tries || state.shown_for >= ready_within);
}

}  // namespace latchkey::update
