// The steps of an open vault's checkpoint: each writes the next epoch to the file, durably, and then moves the count at
// the server there. The worker takes them by itself after writes; checkpoint() takes one at once. Nobody who steps
// holds a lock of the vault while the server is asked, so a lock or another unlocking may come between: every part of a
// step makes sure that it is still that of its unlocking, for the file of another one may have nobody to vouch for it.
#include <stop_token>

#include "base/registers.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

// Stops when either does.
class EitherStop final {
 public:
  EitherStop(const std::stop_token& one, const std::stop_token& other)
      : one_(one, Stop{both_}), other_(other, Stop{both_}) {}
  std::stop_token token() const { return both_.get_token(); }

 private:
  struct Stop {
    std::stop_source& both;
    void operator()() const { both.request_stop(); }
  };
  std::stop_source both_;
  std::stop_callback<Stop> one_, other_;
};

}  // namespace

std::optional<std::chrono::milliseconds> Vault::Inner::time_until_step() {
  const std::lock_guard hold(mutex);
  if (!open || !has_checkpoint(open->contents)) return std::nullopt;
  return vault::time_until_step(open->checkpoint, open->contents.uncovered_writes(), parts.checkpoint_pace,
                                parts.clock.now());
}

void Vault::Inner::work_at_checkpoint(const std::stop_token& stop) {
  const VectorRegisterGuard no_copies_in_registers;
  const DeadStackGuard no_copies_on_the_stack;
  const Status done = step_checkpoint(stop);
  if (stop.stop_requested()) return;
  if (done)
    observers.announce(CheckpointEvent{});
  else if (done.error().code != Code::vault_locked)
    observers.announce(CheckpointEvent{done.error()});
}

Result<std::optional<CheckpointStep>> Vault::Inner::look_at_checkpoint() {
  const auto look = [this](UnlockedState& state) -> Result<std::optional<CheckpointStep>> {
    if (!has_checkpoint(state.contents)) return std::optional<CheckpointStep>();
    auto place = parse_checkpoint_place(*state.contents.anchor());
    CheckpointWatch& watch = state.checkpoint;
    if (!place) {  // another process is newer than this one; the worker must not look again at once
      watch.note_failure(place.error(), parts.checkpoint_pace, parts.clock.now());
      return tl::unexpected(place.error());
    }
    return std::optional(CheckpointStep{*std::move(place), state.contents.header().id, watch.is_verified,
                                        state.contents.uncovered_writes() != 0, watch.is_told, state.identity,
                                        state.locked.get_token()});
  };
  return with_open(look, Use::is_none);
}

Status Vault::Inner::in_unlocking_of(const CheckpointStep& step, const std::function<Status(UnlockedState&)>& work) {
  const auto checked = [&](UnlockedState& state) -> Status {
    if (state.identity != step.identity) return fail(Code::vault_locked);
    return work(state);
  };
  return with_open(checked, Use::is_none);
}

Result<std::optional<AnchorCount>> Vault::Inner::read_epoch(const CheckpointStep& step) {
  std::optional<AnchorCount> epoch;
  TRY_DO(in_unlocking_of(step, [&](UnlockedState& state) -> Status {
    TRY_DO(state.contents.read(*parts.records, [](RecordReader& /*reader*/) { return Status(); }));
    TRY(epoch, epoch_for(state.contents, step.place));
    return {};
  }));
  return epoch;
}

Status Vault::Inner::learn_of_others() {
  const auto nothing = [](RecordReader& /*reader*/) { return Status(); };
  return with_open([&](UnlockedState& state) { return state.contents.read(*parts.records, nothing); }, Use::is_none);
}

Status Vault::Inner::write_step(const CheckpointStep& step) {
  return in_unlocking_of(step, [&](UnlockedState& state) -> Status {
    std::uint64_t made = 0;
    TRY_DO(state.contents.write(*parts.records, [&](RecordWriter& writer) -> Status {
      // Another process may have covered what was known here.
      if (!has_checkpoint(state.contents) || state.contents.uncovered_writes() == 0) return {};
      made = 1;
      return state.contents.step_epoch(writer);
    }));
    own_revisions += made;
    state.checkpoint.is_told = false;
    state.checkpoint.tried_at = parts.clock.now();
    return {};
  });
}

Status Vault::Inner::run_step(const CheckpointStep& step, const CheckpointCall& call) {
  const EpochReader reader = [&] { return read_epoch(step); };
  if (!step.is_verified) {
    TRY_DO(compare_with_server(*parts.checkpoints, call, reader));
    TRY_DO(in_unlocking_of(step, [](UnlockedState& state) -> Status {
      state.checkpoint.is_verified = true;
      return {};
    }));
  }
  if (step.has_writes) TRY_DO(write_step(step));
  if (step.has_writes || !step.is_told) {
    TRY(const auto epoch, reader());
    if (!epoch) return {};
    TRY(const AnchorCount count, parts.checkpoints->move(call, *epoch));
    if (count > *epoch) TRY_DO(compare_with_server(*parts.checkpoints, call, reader));
  }
  return in_unlocking_of(step, [](UnlockedState& state) -> Status {
    state.checkpoint.is_told = true;
    state.checkpoint.note_success();
    return {};
  });
}

// Of an unlocking that has ended meanwhile there is nothing to note, nor to lock.
// `stop` is not that of the lock.
Status Vault::Inner::after_failed_step(const CheckpointStep& step, const Error& error, const std::stop_token& stop) {
  const bool is_locked = step.locked.stop_requested();
  const bool is_stopped = is_locked || stop.stop_requested();
  if (error.code == Code::cancelled && is_stopped) return fail(is_locked ? Code::vault_locked : Code::cancelled);
  std::unique_lock hold(mutex);
  if (!open || open->identity != step.identity) return tl::unexpected(error);
  open->checkpoint.note_failure(error, parts.checkpoint_pace, parts.clock.now());
  if (error.code != Code::vault_rolled_back) return tl::unexpected(error);
  close();
  hold.unlock();
  observers.announce(LockedEvent{LockReason::rolled_back});
  return tl::unexpected(error);
}

Status Vault::Inner::step_in_turn(const std::stop_token& stop) {
  TRY(const auto step, look_at_checkpoint());
  if (!step) return {};
  const EitherStop either(stop, step->locked);
  const auto records = open_records();
  const CheckpointCall call{step->place.server, step->vault, *records, either.token()};
  Status done = parts.checkpoints ? run_step(*step, call) : Status(fail(Code::unsupported, "checkpoint at a server"));
  if (!done && done.error().code == Code::key_missing) {
    const auto epoch = read_epoch(*step);
    if (epoch && !*epoch) return {};  // another process dropped it meanwhile
    if (!epoch) done = tl::unexpected(epoch.error());
  }
  return done ? done : after_failed_step(*step, done.error(), stop);
}

Result<StepTurn> Vault::Inner::take_step_turn(const std::stop_token& stop) {
  Observers::HoldingBack told_later(observers);
  TRY(auto turn, stepping.take(stop));
  return StepTurn{std::move(told_later), std::move(turn)};
}

StepTurn Vault::Inner::end_steps() { return {Observers::HoldingBack(observers), stepping.take_next()}; }

Status Vault::Inner::take_turn(const std::function<Status(const std::stop_token&)>& work, const std::stop_token& stop) {
  TRY(const auto taken, take_step_turn(stop));
  const std::stop_token& wanted = taken.turn.wanted();
  const EitherStop either(stop, wanted);
  const Status done = work(either.token());
  const bool is_ended = !done && done.error().code == Code::cancelled && wanted.stop_requested();
  return is_ended && !stop.stop_requested() ? Status(fail(Code::vault_locked)) : done;
}

Status Vault::Inner::step_checkpoint(const std::stop_token& stop) {
  return take_turn([this](const std::stop_token& either) { return step_in_turn(either); }, stop);
}

Status Vault::checkpoint(const std::stop_token& stop) {
  const VectorRegisterGuard no_copies_in_registers;
  Status done = inner_->learn_of_others();
  if (done) done = inner_->step_checkpoint(stop);
  if (!done) inner_->checkpoint_worker.wake();  // it tries again
  return done;
}

}  // namespace latchkey::vault
