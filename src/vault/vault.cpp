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
Vault::~Vault() = default;

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
    status.record_count = inner_->open->contents.manifest().root.record_count;
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

Status Vault::unlock(const Prompt& prompt, std::optional<std::uint32_t> slot) {
  return unlock_by(prompt, slot, Unlocking::anyhow);
}

Status Vault::unlock_shared() { return unlock_by({}, std::nullopt, Unlocking::shared); }

Status Vault::unlock_by(const Prompt& prompt, std::optional<std::uint32_t> slot, Unlocking how) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  if (!is_locked()) return {};
  const SlotChoice choice = how == Unlocking::shared ? SlotChoice::ephemeral : SlotChoice::any;
  TRY(Opened opened, inner_->open_with(prompt, slot, Inner::Believe::the_anchor, choice));
  const Instant now = inner_->parts.clock.now();
  const bool is_purge_due =
      opened.contents.manifest().root.earliest_expiry <= static_cast<std::uint64_t>(to_unix_millis(now));
  {
    const std::lock_guard hold(inner_->mutex);
    inner_->open.emplace(UnlockedState{std::move(opened.contents), opened.slot, {now, now}});
  }
  inner_->observers.announce(UnlockedEvent{opened.slot, opened.kind});
  if (is_purge_due) static_cast<void>(purge());  // if it fails now, a later write does it
  return {};
}

Result<Opened> Vault::Inner::open_with(const Prompt& prompt, std::optional<std::uint32_t> slot, Believe how,
                                       SlotChoice choice) {
  const UnlockParts with = unlock_parts();
  const std::optional<Seen> known = last_seen();
  auto opened = slot ? open_slot(with, *slot, prompt) : open_any_slot(with, prompt, choice);
  if (!opened) return tl::unexpected(after_failure(opened.error()));
  TRY(Keyring keys, Keyring::create(std::move(opened->key), opened->header));
  std::optional<Contents> contents;
  TRY_DO(parts.records->read([&](RecordReader& reader) -> Status {
    TRY(contents, Contents::open(std::move(keys), reader));
    return {};
  }));
  if (how == Believe::the_anchor) {
    if (known && known->is_newer_than(*contents))
      return fail(Code::vault_rolled_back, "older than this process knew it");
    TRY_DO(settle_anchor(*contents));
  }
  return Opened{*std::move(contents), opened->slot, opened->kind};
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
  TRY_DO(inner_->open_with(prompt, slot));
  return {};
}

Status Vault::authenticate(const Prompt& prompt, std::optional<std::uint32_t> slot) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  TRY(const Opened opened, inner_->open_with(prompt, slot, Inner::Believe::the_anchor, SlotChoice::lasting));
  if (is_ephemeral(opened.kind)) return fail(Code::invalid_argument, "an ephemeral slot proves nobody's presence");
  return inner_->with_open([&](UnlockedState& state) -> Status {
    TRY_DO(state.contents.read(*inner_->parts.records, [](RecordReader& /*reader*/) { return Status(); }));
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

std::shared_ptr<const VaultObserver> Vault::observe(VaultObserver observer) {
  return inner_->observers.add(std::move(observer));
}

}  // namespace latchkey::vault
