#include "update/installation.h"

#include <algorithm>

#include "crypto/random.h"
#include "protocol/limits.h"

namespace latchkey::update {

std::string_view name_of(HappeningKind kind) {
  constexpr std::array<std::string_view, 9> names{"staged",    "activated", "ready",      "rolled_back", "failed",
                                                  "withdrawn", "built_in",  "state_lost", "state_older"};
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

namespace {

bool is_unreadable(Code code) { return code == Code::storage_failed || code == Code::permission_denied; }
Trigger trigger_of(const Error& found) { return is_unreadable(found.code) ? Trigger::unreadable : Trigger::damaged; }

}  // namespace

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

Status Installation::save() {
  if (is_saved_ && state_ == slots_.state()) return {};
  const Status saved = slots_.save(state_);
  is_saved_ = saved.has_value();
  return saved;
}

// For this run only, and not for long.
void Installation::degrade() {
  is_degraded_ = true;
  run(state_.previous && store_.check_sizes(state_.previous->root) ? state_.previous : std::nullopt);
}

// A start that cannot be counted must not happen: a bundle that crashes would be started for ever.
void Installation::save_or_degrade() {
  const Status saved = save();
  if (!saved && state_.phase == Phase::trial) return degrade();
  if (!saved || !must_collect_) return;
  must_collect_ = false;
  collect();
}

void Installation::collect() {
  if (is_collection_held_ || !slots_.settle()) {
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

Status Installation::check_sizes(const TreeRoot& root) const {
  TRY_DO(store_.check_sizes(root));
  return {};
}

// Whether what is to run has its files. What the disk does not give may be sound: it does not run now, and is given up
// if its next start fares no better.
bool Installation::judge_files() {
  if (!state_.current || is_degraded_) return true;
  const TreeRoot& root = state_.current->root;
  const Status sound = state_.is_hashed ? check_sizes(root) : store_.check_contents(root);
  if (sound) {
    state_.is_hashed = true;
    return true;
  }
  const bool was_sound = std::exchange(state_.is_hashed, false);
  const bool is_known_to_fail = !was_sound && slots_.state().current == state_.current;
  if (is_unreadable(sound.error().code) && !is_known_to_fail) {
    degrade();
    return true;
  }
  fire(trigger_of(sound.error()), {.reason = Failure::verify});
  return false;
}

// What runs now is sound, and known to the disk.
void Installation::settle() {
  if (is_degraded_) return;
  while (!judge_files()) {
  }
  if (state_.current && !may_run(*state_.current)) fire(Trigger::incompatible, {.reason = Failure::native});
  if (is_exhausted(state_, rules_.ready_within)) fire(Trigger::start_exhausted, {.reason = Failure::not_ready});
  while (!judge_files()) {  // of what a start that was one too many fell back to
  }
  is_run_open_ = false;
  if (!is_degraded_) run(state_.current);
  load_root_.reset();
  loads_.clear();
  save_or_degrade();
}

// Only pages run what a bundle holds, so a start without one says nothing about it. From now on an end that nobody
// announces is taken for a crash.
bool Installation::open_run(MonotonicTime at) {
  const bool has_lasted = run_timer_.elapsed(at) >= rules_.crash_within;
  if (is_run_open_ || is_degraded_ || !state_.current || (has_lasted && state_.phase != Phase::trial)) return false;
  is_run_open_ = true;
  fire(Trigger::start);
  if (!has_lasted) state_.open_run = now();
  return true;
}

bool Installation::close_run(MonotonicTime at) {
  if (!std::exchange(is_run_open_, false)) return false;
  fire(Trigger::closed, {.shown_for = std::chrono::duration_cast<std::chrono::milliseconds>(timer_.elapsed(at))});
  timer_.restart(at);
  state_.open_run.reset();
  return true;
}

Moment Installation::moment_of(MomentKind kind) const {
  return {.kind = kind, .now = now(), .background_for = {}, .native = native_.version};
}

bool Installation::try_activate(const Moment& moment, ApplyMode mode) {
  if (!state_.staged || state_.is_held || is_degraded_) return false;
  if (!is_moment_of(mode, moment.kind, !state_.conditions.empty())) return false;
  if (moment.kind != MomentKind::asked && !are_met(state_.conditions, moment)) return false;
  fire(Trigger::activate);
  return true;
}

void Installation::start(ApplyMode mode) {
  store_.remove_temporaries();
  judge_crashes();
  judge_native();
  try_activate(moment_of(MomentKind::started), mode);
  settle();
}

LoadToken Installation::begin_load(MonotonicTime at) {
  if (!load_root_) {
    timer_.restart(at);
    run_timer_.restart(at);
  }
  if (!in_background_since_) {
    if (!timer_.is_running()) timer_.resume(at);
    if (open_run(at)) save_or_degrade();
  }
  load_root_ = running_->tree.root();
  if (loads_.size() == protocol::limits::trial_loads) loads_.erase(loads_.begin());
  return loads_.emplace_back(to_hex(crypto::random_array<16>()));
}

Status Installation::ready(const LoadToken& token) {
  const bool is_known = std::ranges::find(loads_, token) != loads_.end();
  if (!is_known || *load_root_ != running_->tree.root())
    return fail(Code::conflict, "the page was loaded from another bundle, or before the app started anew");
  if (state_.phase != Phase::trial || is_degraded_) return {};
  fire(Trigger::ready);
  TRY_DO(save());
  if (std::exchange(must_collect_, false)) collect();
  return {};
}

void Installation::poll(MonotonicTime at) {
  if (is_degraded_ || !load_root_) return;
  if (state_.phase == Phase::trial && state_.shown_for + timer_.elapsed(at) >= rules_.ready_within) {
    fire(Trigger::not_ready, {.reason = Failure::not_ready});
    return settle();
  }
  if (!state_.open_run || run_timer_.elapsed(at) < rules_.crash_within) return;
  state_.open_run.reset();
  (void)save();  // at worst a start that lasted counts as a crash
}

void Installation::went_to_background(MonotonicTime at, ApplyMode mode) {
  const bool was_open = close_run(at);
  timer_.pause(at);
  run_timer_.pause(at);
  in_background_since_ = at;
  if (try_activate(moment_of(MomentKind::went_to_background), mode)) return settle();
  if (was_open) (void)save();  // at worst what ends now counts as a crash
}

void Installation::came_to_foreground(MonotonicTime at, ApplyMode mode) {
  Moment moment = moment_of(MomentKind::came_to_foreground);
  if (in_background_since_)
    moment.background_for = std::chrono::duration_cast<std::chrono::seconds>(at - *in_background_since_);
  in_background_since_.reset();
  timer_.resume(at);
  run_timer_.resume(at);
  if (try_activate(moment, mode)) return settle();
  if (load_root_ && open_run(at)) (void)save();  // the page is shown already
}

void Installation::ended(MonotonicTime at) {
  if (close_run(at)) (void)save();
}

void Installation::crashed() {
  judge_crashes();
  settle();
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
  if (try_activate(moment_of(MomentKind::staged), mode)) settle();
  return {};
}

Status Installation::delay(const std::vector<DelayCondition>& conditions, ApplyMode mode) {
  if (!state_.staged) return fail(Code::not_found, "no bundle waits");
  if (is_degraded_) return fail(Code::storage_failed, "the state cannot be written");
  TRY_DO(check_conditions(conditions));
  const auto before = std::exchange(state_.conditions, conditions);
  if (const Status saved = save(); !saved) {
    state_.conditions = before;
    return saved;
  }
  if (try_activate(moment_of(MomentKind::staged), mode)) settle();
  return {};
}

Status Installation::activate() {
  if (state_.staged && state_.is_held)
    return fail(Code::temporarily_unavailable, "the publisher holds it back for now");
  if (!try_activate(moment_of(MomentKind::asked), ApplyMode::manual)) return fail(Code::not_found, "no bundle waits");
  settle();
  return {};
}

Status Installation::hold_staged(bool is_held, ApplyMode mode) {
  if (!state_.staged || state_.is_held == is_held) return {};
  TRY_DO(update([&](State& state) { state.is_held = is_held; }));
  if (try_activate(moment_of(MomentKind::staged), mode)) settle();
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
  settle();
}

void Installation::report_damage(const Error& found) {
  if (is_unreadable(found.code)) return leave_unread();
  fire(Trigger::damaged, {.reason = Failure::verify});
  settle();
}

// It may be sound: the next start reads all of it. Until then nothing that happens is its doing.
void Installation::leave_unread() {
  if (is_degraded_ || !state_.current) return;
  if (std::exchange(is_run_open_, false)) fire(Trigger::closed);
  state_.open_run.reset();
  state_.is_hashed = false;
  (void)save();  // at worst the next start looks at sizes only
  degrade();
  load_root_.reset();
  loads_.clear();
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
