// The life of a bundle on a device, as one table: what an event does to the bundle that runs. docs/update-states.md
// prints the table, and a test compares the two. Pure: nothing here reads a file or a clock.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "update/state.h"

namespace latchkey::update {

enum class Trigger : std::uint8_t {
  staged,           // a verified bundle is complete on the disk
  withdrawn,        // the waiting bundle may no longer be switched to
  activate,         // the moment of the waiting bundle has come
  start,            // the running bundle's first page since the app started, or came back, is about to be shown
  closed,           // its pages were closed or hidden, or the app was ended, by somebody who said so
  start_exhausted,  // the app starts; the bundle had its tries, or its time, and never said ready
  ready,            // the page that was loaded says that it works
  not_ready,        // the watchdog's time is over
  crash_loop,       // too many starts ended within moments
  damaged,          // the running bundle's files are missing or altered
  unreadable,       // the disk gives none of them, again: they may be sound
  incompatible,     // the native app around it changed, and is out of its range
  built_in_newer,   // the app came with a newer bundle than the running one
  reset,            // the host wants the built-in bundle
};
std::string_view name_of(Trigger trigger);
inline constexpr std::size_t trigger_count = 14;

enum class Action : std::uint8_t {
  keep_staged,        // the staged bundle waits
  drop_staged,        // and no longer does
  remember_previous,  // what runs becomes the one to fall back to
  switch_to_staged,   // the waiting bundle runs
  count_try,          // one more start
  forgive_try,        // it was no crash; the time its pages were looked at counts instead
  confirm,            // what runs is good
  block,              // what runs never runs again on this device
  strike,             // counts towards blocking: it may be downloaded anew
  fall_back,          // the previous bundle runs; the built-in one when there is none
  to_built_in,        // the built-in bundle runs, and there is no previous one
  reload,             // the host loads the page anew
  collect,            // what no bundle needs is deleted, once the state is durable
  report,             // the server hears of it
};
std::string_view name_of(Action action);

// Where a row leads. `previous` is confirmed if there is a previous bundle, else built_in.
enum class Next : std::uint8_t { built_in, trial, confirmed, previous };
std::string_view name_of(Next next);

struct LifecycleRow {
  Phase phase;
  Trigger trigger;
  Next next;
  std::vector<Action> actions;  // in this order
};

// One row for every phase and trigger.
std::span<const LifecycleRow> lifecycle();
const LifecycleRow& lifecycle_row(Phase phase, Trigger trigger);

// The table as Markdown.
std::string print_lifecycle();

// What a trigger needs to know besides the state.
struct TriggerFacts {
  std::optional<BundleRecord> staged = {};      // of `staged`
  std::vector<DelayCondition> conditions = {};  // of `staged`
  Failure reason = Failure::crash;              // why, of what blocks or falls back
  std::chrono::milliseconds shown_for{0};       // of `closed`: how long pages were looked at since `start`
};

// Bundles found damaged this often are blocked.
inline constexpr unsigned max_strikes = 3;
// Starts without ready.
inline constexpr unsigned max_tries = 2;

// Applies the row to `state`; tells it. `activate` without a waiting bundle is no call to make.
const LifecycleRow& apply(State& state, Trigger trigger, const TriggerFacts& facts = {});

// Whether the running bundle had its chances: `ready_within` is the time its pages have, all starts together.
bool is_exhausted(const State& state, std::chrono::milliseconds ready_within);

}  // namespace latchkey::update
