#include "vault/vault.h"

#include <algorithm>

#include "base/registers.h"
#include "crypto/random.h"
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
    status.record_count = inner_->open->contents.manifest().record_count;
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
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  if (!is_locked()) return {};
  const UnlockParts parts = inner_->unlock_parts();
  TRY(OpenedSlot opened, slot ? open_slot(parts, *slot, prompt) : open_any_slot(parts, prompt));
  TRY(Keyring keys, Keyring::create(std::move(opened.key), opened.header));
  std::optional<Contents> contents;
  TRY_DO(inner_->parts.records->read([&](RecordReader& reader) -> Status {
    TRY(contents, Contents::open(std::move(keys), reader));
    return {};
  }));
  const Instant now = inner_->parts.clock.now();
  {
    const std::lock_guard hold(inner_->mutex);
    inner_->open.emplace(UnlockedState{*std::move(contents), opened.slot, {now, now, std::nullopt}});
  }
  inner_->observers.announce(UnlockedEvent{opened.slot, opened.kind});
  return {};
}

void Vault::lock(LockReason reason) {
  const VectorRegisterGuard no_copies_in_registers;
  std::unique_lock hold(inner_->mutex);
  if (!inner_->open) return;
  inner_->open.reset();
  hold.unlock();
  inner_->observers.announce(LockedEvent{reason});
}

Status Vault::check_slot(std::uint32_t slot, const Prompt& prompt) {
  const VectorRegisterGuard no_copies_in_registers;
  const std::lock_guard one_at_a_time(inner_->unlocking);
  TRY(OpenedSlot opened, open_slot(inner_->unlock_parts(), slot, prompt));
  TRY(Keyring keys, Keyring::create(std::move(opened.key), opened.header));
  return inner_->parts.records->read([&](RecordReader& reader) -> Status {
    TRY_DO(Contents::open(std::move(keys), reader));
    return {};
  });
}

Status Vault::set(std::string_view name, const RecordValue& value, RecordKind kind) {
  std::vector<Change> changes;
  changes.push_back({std::string(name), value.clone(), kind});
  return apply(changes);
}

Status Vault::remove(std::string_view name) {
  std::vector<Change> changes;
  changes.push_back({std::string(name), std::nullopt});
  return apply(changes);
}

Status Vault::apply(std::span<const Change> changes) {
  const VectorRegisterGuard no_copies_in_registers;
  const Instant now = inner_->parts.clock.now();
  return inner_->write([&](Contents& contents, RecordWriter& writer) { return contents.apply(writer, changes, now); });
}

Result<std::optional<RecordValue>> Vault::find(std::string_view name) {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->read<std::optional<RecordValue>>(
      [&](Contents& contents, RecordReader& reader) { return contents.find_value(reader, name); });
}

Result<RecordValue> Vault::get(std::string_view name) {
  TRY(auto value, find(name));
  if (!value) return fail(Code::not_found, "record");
  return *std::move(value);
}

Result<RecordInfo> Vault::get_info(std::string_view name) {
  TRY(auto info, inner_->read<std::optional<RecordInfo>>(
                     [&](Contents& contents, RecordReader& reader) { return contents.find_info(reader, name); }));
  if (!info) return fail(Code::not_found, "record");
  return *std::move(info);
}

Result<std::vector<RecordInfo>> Vault::list(std::string_view prefix) {
  return inner_->read<std::vector<RecordInfo>>(
      [&](Contents& contents, RecordReader& reader) { return contents.list(reader, prefix); });
}

Status Vault::use_value(std::string_view name, const std::function<Status(const RecordValue&)>& consumer) {
  const VectorRegisterGuard no_copies_in_registers;
  TRY(const RecordValue value, get(name));
  return consumer(value);
}

Result<std::uint64_t> Vault::get_revision() {
  return inner_->read<std::uint64_t>([](Contents& contents, RecordReader& /*reader*/) -> Result<std::uint64_t> {
    return contents.manifest().revision;
  });
}

Status Vault::verify() {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->with_open([this](UnlockedState& state) {
    return state.contents.read(*inner_->parts.records,
                               [&](RecordReader& reader) { return state.contents.verify(reader); });
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
