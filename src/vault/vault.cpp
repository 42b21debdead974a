#include "vault/vault.h"

#include <algorithm>

#include "base/registers.h"
#include "crypto/constant_time.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {

std::string_view name_of(State state) {
  switch (state) {
    case State::fresh:
      return "fresh";
    case State::locked:
      return "locked";
    case State::unlocked:
      return "unlocked";
    case State::restored_elsewhere:
      return "restored-elsewhere";
    case State::invalidated:
      return "invalidated";
    case State::temporarily_unavailable:
      return "temporarily-unavailable";
    case State::corrupted:
      return "corrupted";
  }
  return "unknown";
}

Vault::Vault(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Vault::~Vault() {
  inner_->rotation_worker.end();
  inner_->checkpoint_worker.end();
}

Result<VaultStatus> Vault::look(VaultParts parts) {
  const Inner inner(std::move(parts));
  auto status = assess(inner.unlock_parts());
  if (status) return status;
  const std::optional<State> state = state_of(status.error());
  if (!state) return status;
  VaultStatus nothing{};
  nothing.state = *state;
  return nothing;
}

Result<std::unique_ptr<Vault>> Vault::open(VaultParts parts) {
  auto inner = std::make_unique<Inner>(std::move(parts));
  TRY_DO(inner->parts.records->read([](RecordReader& reader) -> Status {
    TRY_DO(read_open_parts(reader));
    return {};
  }));
  return std::unique_ptr<Vault>(new Vault(std::move(inner)));
}

Result<VaultStatus> Vault::status() {
  TRY(VaultStatus status, assess(inner_->unlock_parts()));
  std::unique_lock hold(inner_->mutex);
  const auto reason = inner_->lock_if_due();
  if (inner_->open) {
    status.state = State::unlocked;
    status.unlocked_by = inner_->open->slot;
    status.record_count = inner_->open->contents.manifest().record_count();
    if (const CheckpointWatch& watch = inner_->open->checkpoint; status.checkpoint) {
      status.checkpoint->is_verified = watch.is_verified;
      status.checkpoint->problem = watch.problem;
      status.checkpoint->is_behind = inner_->open->contents.uncovered_writes() != 0 || !watch.is_told;
    }
  }
  hold.unlock();
  if (reason) inner_->observers.announce(LockedEvent{*reason});
  return status;
}

bool Vault::is_locked() {
  enforce_policy();
  const std::lock_guard hold(inner_->mutex);
  return !inner_->open;
}

void Vault::lock(LockReason reason) { inner_->lock(reason); }

void Vault::Inner::lock(LockReason reason) {
  const VectorRegisterGuard no_copies_in_registers;
  std::unique_lock hold(mutex);
  if (!open) return;
  close();
  hold.unlock();
  observers.announce(LockedEvent{reason});
}

Status Vault::check_slot(std::uint32_t slot, const Prompt& prompt) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  TRY_DO(inner_->open_with(prompt, slot));
  return {};
}

Status Vault::authenticate(const Prompt& prompt, std::optional<std::uint32_t> slot) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  TRY(const Opened opened, inner_->open_with(prompt, slot, Inner::Believe::the_unlocking, SlotChoice::lasting));
  return inner_->with_open([&](UnlockedState& state) -> Status {
    TRY_DO(state.contents.read(*inner_->parts.records, [](RecordReader& /*reader*/) { return Status(); }));
    if (opened.contents.is_of_earlier_key_than(state.contents))
      return fail(Code::temporarily_unavailable, "the data key was rotated meanwhile");
    if (!crypto::equal(state.contents.keys().data_key(), opened.contents.keys().data_key()))
      return fail(Code::vault_corrupted, "another vault was in its place");
    state.since.authenticated_at = inner_->parts.clock.now();
    return {};
  });
}

std::optional<std::chrono::milliseconds> Vault::enforce_policy() {
  std::unique_lock hold(inner_->mutex);
  const auto reason = inner_->lock_if_due();
  if (!reason && inner_->open)
    return time_until_lock(inner_->open->contents.header().policy, inner_->open->since, inner_->parts.clock.now());
  hold.unlock();
  if (reason) inner_->observers.announce(LockedEvent{*reason});
  return std::nullopt;
}

void Vault::note_backgrounded() {
  const std::lock_guard hold(inner_->mutex);
  if (inner_->open && !inner_->open->since.backgrounded_at)
    inner_->open->since.backgrounded_at = inner_->parts.clock.now();
}

void Vault::note_foregrounded() {
  enforce_policy();
  const std::lock_guard hold(inner_->mutex);
  if (inner_->open) inner_->open->since.backgrounded_at.reset();
}

void Vault::note_screen_locked(LockReason reason) {
  {
    const std::lock_guard hold(inner_->mutex);
    if (!inner_->open) return;
    if (!inner_->open->contents.header().policy.lock_on_screen_off) {
      if (!inner_->open->since.backgrounded_at) inner_->open->since.backgrounded_at = inner_->parts.clock.now();
      return;
    }
  }
  lock(reason);
}

std::shared_ptr<const VaultObserver> Vault::observe(VaultObserver observer) {
  return inner_->observers.add(std::move(observer));
}

}  // namespace latchkey::vault
