#include "update/installation.h"

#include <algorithm>

#include "crypto/random.h"

namespace latchkey::update {

std::string_view name_of(HappeningKind kind) {
  constexpr std::array<std::string_view, 8> names{"staged", "activated", "ready",    "rolled_back",
                                                  "failed", "withdrawn", "built_in", "state_lost"};
  return names.at(static_cast<std::size_t>(kind));
}

Installation::Installation(Vfs&, BundleStore store, StateSlots slots, BuiltInBundle built_in, NativeFacts native,
                           const Clock& clock, TrialRules rules)
    : store_(store),
      slots_(std::move(slots)),
      built_in_(std::move(built_in)),
      native_(std::move(native)),
      clock_(&clock),
      rules_(rules),
      state_(slots_.state()) {
  run(state_.current);
}

Result<std::unique_ptr<Installation>> Installation::open(Vfs& vfs, const StateKey& key, BuiltInBundle built_in,
                                                         NativeFacts native, const Clock& clock, TrialRules rules) {
  TRY(BundleStore store, BundleStore::open(vfs));
  TRY(StateSlots slots, StateSlots::load(vfs, key));
  std::unique_ptr<Installation> made(
      new Installation(vfs, store, std::move(slots), std::move(built_in), std::move(native), clock, rules));
  if (made->slots_.loaded() == Loaded::lost) made->happenings_.push_back({HappeningKind::state_lost, {}});
  return made;
}

// Never before what is known to have passed: crash times and dates compare with it.
Instant Installation::now() const { return std::max(clock_->now(), state_.time_floor); }

void Installation::run(std::optional<BundleRecord> record) {
  if (record) {
    auto tree = store_.read_table(record->root);
    if (tree) {
      running_ = std::make_shared<const RunningBundle>(RunningBundle{std::move(record), *std::move(tree)});
      return;
    }
  }
  running_ = std::make_shared<const RunningBundle>(RunningBundle{std::nullopt, built_in_.tree});
}

void Installation::note(const LifecycleRow& row, const State& before, const TriggerFacts& facts) {
  const auto does = [&](Action action) { return std::ranges::find(row.actions, action) != row.actions.end(); };
  must_collect_ = must_collect_ || does(Action::collect);
  const bool must_reload = does(Action::reload);
  if (does(Action::switch_to_staged))
    happenings_.push_back({HappeningKind::activated, *state_.current, {}, must_reload});
  if (does(Action::confirm)) happenings_.push_back({HappeningKind::ready, *state_.current});
  if (does(Action::fall_back) && before.current)
    happenings_.push_back({HappeningKind::rolled_back, *before.current, facts.reason, must_reload});
  if (does(Action::to_built_in) && before.current)
    happenings_.push_back({HappeningKind::built_in, *before.current, {}, must_reload});
  if (does(Action::keep_staged) && state_.staged) happenings_.push_back({HappeningKind::staged, *state_.staged});
  if (does(Action::drop_staged) && before.staged) happenings_.push_back({HappeningKind::withdrawn, *before.staged});
}

void Installation::fire(Trigger trigger, const TriggerFacts& facts) {
  if (is_degraded_) return;
  const State before = state_;
  note(apply(state_, trigger, facts), before, facts);
}

Status Installation::save() { return slots_.save(state_); }

// A start that cannot be counted must not happen: a bundle that crashes would be started for ever.
void Installation::save_or_degrade() {
  const Status saved = save();
  if (!saved && state_.phase == Phase::trial) {
    is_degraded_ = true;
    run(state_.previous);
    return;
  }
  if (!saved || !must_collect_) return;
  must_collect_ = false;
  collect();
}

void Installation::collect() {
  if (is_collection_held_) {
    must_collect_ = true;
    return;
  }
  std::vector<TreeRoot> needed;
  for (const auto* record : {&state_.current, &state_.previous, &state_.staged})
    if (*record) needed.push_back((*record)->root);
  store_.collect(needed);
}

void Installation::hold_collection(bool is_held) {
  is_collection_held_ = is_held;
  if (!is_held && std::exchange(must_collect_, false)) collect();
}

bool Installation::may_run(const BundleRecord& record) const {
  const NativeRange& range = record.native;
  if (native_.version < range.min || (range.max && native_.version > *range.max)) return false;
  if (range.fingerprints.empty()) return true;
  return native_.fingerprint && std::ranges::find(range.fingerprints, *native_.fingerprint) != range.fingerprints.end();
}

void Installation::judge_crashes() {
  if (!state_.open_run) return;
  const Instant started = *std::exchange(state_.open_run, std::nullopt);
  state_.crashes.push_back(started);
  const Instant at = now();
  std::erase_if(state_.crashes, [&](Instant one) { return one > at || at - one > rules_.crash_window; });
  if (state_.crashes.size() > State::max_crashes) state_.crashes.erase(state_.crashes.begin());
  if (state_.crashes.size() >= rules_.crashes) fire(Trigger::crash_loop, {.reason = Failure::crash});
}

void Installation::judge_native() {
  const auto is_older = [&](const BundleRecord& record) {
    return record.is_of_own_channel && built_in_.sequence > record.sequence;
  };
  if (state_.current && is_older(*state_.current)) fire(Trigger::built_in_newer);
  if (state_.current && !may_run(*state_.current)) fire(Trigger::incompatible, {.reason = Failure::native});
  if (!state_.staged) return;
  const BundleRecord& waiting = *state_.staged;
  const bool is_outdated = waiting.is_of_own_channel && built_in_.sequence >= waiting.sequence;
  if (is_outdated || !may_run(*state_.staged)) fire(Trigger::withdrawn);
}

// Whether what is to run has its files.
bool Installation::judge_files() {
  if (!state_.current || is_degraded_) return true;
  const TreeRoot& root = state_.current->root;
  const bool is_sound =
      state_.is_hashed ? store_.check_sizes(root).has_value() : store_.check_contents(root).has_value();
  if (is_sound) {
    state_.is_hashed = true;
    return true;
  }
  fire(Trigger::damaged, {.reason = Failure::verify});
  return false;
}

// What runs now is sound, counted and known to the disk.
void Installation::settle(bool is_start) {
  while (!judge_files()) {
  }
  if (state_.current && !may_run(*state_.current)) fire(Trigger::incompatible, {.reason = Failure::native});
  if (is_start) fire(trigger_of_start(state_), {.reason = Failure::not_ready});
  while (!judge_files()) {  // of what a start that was one too many fell back to
  }
  if (state_.current && !in_background_since_) state_.open_run = now();
  is_run_timed_ = false;
  run(state_.current);
  load_root_.reset();
  save_or_degrade();
}

Moment Installation::moment_of(MomentKind kind) const {
  return {.kind = kind, .now = now(), .background_for = {}, .native = native_.version};
}

bool Installation::try_activate(const Moment& moment, ApplyMode mode) {
  if (!state_.staged || is_degraded_ || !is_moment_of(mode, moment.kind, !state_.conditions.empty())) return false;
  if (moment.kind != MomentKind::asked && !are_met(state_.conditions, moment)) return false;
  fire(Trigger::activate);
  return true;
}

void Installation::start(ApplyMode mode) {
  store_.remove_temporaries();
  judge_crashes();
  judge_native();
  try_activate(moment_of(MomentKind::started), mode);
  settle(true);
}

LoadToken Installation::begin_load(MonotonicTime at) {
  load_ = LoadToken(to_hex(crypto::random_array<16>()));
  load_root_ = running_->tree.root();
  timer_.restart(at);
  if (!in_background_since_ && !timer_.is_running()) timer_.resume(at);
  return load_;
}

Status Installation::ready(const LoadToken& token) {
  if (!load_root_ || token != load_ || *load_root_ != running_->tree.root())
    return fail(Code::conflict, "the page was loaded from another bundle, or loaded again since");
  if (state_.phase != Phase::trial || is_degraded_) return {};
  fire(Trigger::ready);
  TRY_DO(save());
  if (std::exchange(must_collect_, false)) collect();
  return {};
}

void Installation::poll(MonotonicTime at) {
  if (state_.phase == Phase::trial && load_root_ && timer_.elapsed(at) >= rules_.ready_within) {
    fire(Trigger::not_ready, {.reason = Failure::not_ready});
    return settle(false);
  }
  if (!state_.open_run) return;
  if (!std::exchange(is_run_timed_, true)) run_timer_.restart(at);
  if (run_timer_.elapsed(at) < rules_.crash_within) return;
  state_.open_run.reset();
  (void)save();  // at worst a start that lasted counts as a crash
}

void Installation::went_to_background(MonotonicTime at, ApplyMode mode) {
  timer_.pause(at);
  run_timer_.pause(at);
  in_background_since_ = at;
  const bool had_open_run = std::exchange(state_.open_run, std::nullopt).has_value();  // its end is not a crash now
  if (try_activate(moment_of(MomentKind::went_to_background), mode)) return settle(true);
  if (had_open_run) (void)save();
}

void Installation::came_to_foreground(MonotonicTime at, ApplyMode mode) {
  Moment moment = moment_of(MomentKind::came_to_foreground);
  if (in_background_since_)
    moment.background_for = std::chrono::duration_cast<std::chrono::seconds>(at - *in_background_since_);
  in_background_since_.reset();
  timer_.resume(at);
  run_timer_.resume(at);
  if (try_activate(moment, mode)) settle(true);
}

void Installation::crashed() {
  judge_crashes();
  settle(true);
}

Status Installation::stage(const BundleRecord& record, const std::vector<DelayCondition>& conditions, ApplyMode mode) {
  if (is_degraded_) return fail(Code::storage_failed, "the state cannot be written");
  TRY_DO(check_conditions(conditions));
  const State before = state_;
  fire(Trigger::staged, {.staged = record, .conditions = conditions});
  if (const Status saved = save(); !saved) {
    state_ = before;
    happenings_.pop_back();
    return saved;
  }
  if (try_activate(moment_of(MomentKind::staged), mode)) settle(true);
  return {};
}

Status Installation::activate() {
  if (!try_activate(moment_of(MomentKind::asked), ApplyMode::manual)) return fail(Code::not_found, "no bundle waits");
  settle(true);
  return {};
}

void Installation::withdraw() {
  fire(Trigger::withdrawn);
  save_or_degrade();
}

Status Installation::adopt(const BundleRecord& record) {
  if (!state_.current || state_.current->root != record.root || *state_.current == record) return {};
  return update([&](State& state) { state.current = record; });
}

void Installation::reset() {
  fire(Trigger::reset);
  settle(false);
}

void Installation::report_damage() {
  fire(Trigger::damaged, {.reason = Failure::verify});
  settle(false);
}

void Installation::count_failure(const BundleRecord& record, Failure reason) {
  if (state_.strike(record.root) >= max_strikes) state_.block(record.root, reason);
  happenings_.push_back({HappeningKind::failed, record, reason});
  (void)save();  // at worst it is tried once more
}

Status Installation::update(const std::function<void(State&)>& change) {
  change(state_);
  return save();
}

}  // namespace latchkey::update
