#include "vault/assessment.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

bool is_gone(const SlotStatus& slot) {
  return slot.problem && (slot.problem->code == Code::key_missing || slot.problem->code == Code::key_invalidated);
}
bool is_gone_or_ephemeral(const SlotStatus& slot) { return is_gone(slot) || is_ephemeral(slot.kind); }
bool is_usable(const SlotStatus& slot) { return !slot.problem; }

State state_from(const VaultStatus& status) {
  if (status.is_other_device) return State::restored_elsewhere;
  if (std::ranges::any_of(status.slots, is_usable)) return State::locked;
  if (std::ranges::all_of(status.slots, is_gone_or_ephemeral)) return State::invalidated;
  return State::temporarily_unavailable;
}

SlotStatus status_of(const UnlockParts& parts, const OpenParts& open, const Slot& slot,
                     const FailedAttempts& attempts) {
  SlotStatus status{.id = slot.id,
                    .kind = slot.kind,
                    .label = slot.label,
                    .level = slot.level,
                    .portability = slot.portability,
                    .created_at = slot.created_at,
                    .problem = std::nullopt,
                    .wait = time_until_attempt(attempts, parts.clock.now()),
                    .failed_attempts = attempts.count};
  if (const Status probed = probe_slot(parts, open, slot); !probed) status.problem = probed.error();
  return status;
}

// What asking for the user comes to, into the status of the vault and of that slot.
void add_presence(const UnlockParts& parts, const Slot& slot, VaultStatus& status, SlotStatus& of_slot,
                  bool& is_first) {
  const KeyStore* const store = find_key_store(parts.key_stores, slot.kind);
  if (store == nullptr || !needs_presence(status.protection, slot.kind)) return;
  const PresenceOutlook outlook = look_at_presence(parts.presences, status.protection, *store, slot.wrapped);
  if (!of_slot.problem) of_slot.problem = outlook.problem;
  status.presence = is_first ? outlook.strength : std::min(status.presence, outlook.strength);
  status.is_key_bound = (is_first || status.is_key_bound) && outlook.is_key_bound;
  is_first = false;
}

Result<std::optional<CheckpointStatus>> find_checkpoint(const OpenParts& open) {
  if (!open.anchor || !is_checkpoint(*open.anchor)) return std::optional<CheckpointStatus>();
  TRY(CheckpointPlace place, parse_checkpoint_place(*open.anchor));
  return std::optional(CheckpointStatus{.place = std::move(place)});
}

struct Snapshot {
  OpenParts open;
  std::vector<FailedAttempts> attempts;  // as open.slots
};

Result<Snapshot> read_snapshot(RecordStore& records) {
  Snapshot snapshot;
  TRY_DO(records.read([&](RecordReader& reader) -> Status {
    TRY(snapshot.open, read_open_parts(reader));
    for (const Slot& slot : snapshot.open.slots) {
      TRY(const FailedAttempts attempts, read_failed_attempts(reader, slot.id));
      snapshot.attempts.push_back(attempts);
    }
    return {};
  }));
  return snapshot;
}

}  // namespace

Result<VaultStatus> assess(const UnlockParts& parts) {
  TRY(const Snapshot snapshot, read_snapshot(parts.records));
  const Header& header = snapshot.open.header;
  VaultStatus status{.state = State::locked,
                     .is_other_device = is_other_device(header, parts.device.find()),
                     .id = header.id,
                     .generation = header.generation,
                     .level = SecurityLevel::separate_hardware,
                     .unlocked_by = std::nullopt,
                     .record_count = std::nullopt,
                     .policy = header.policy,
                     .rotated_at = header.rotated_at,
                     .is_rotation_due = is_rotation_due(header.policy, header.rotated_at, parts.clock.now()),
                     .is_anchored = snapshot.open.anchor.has_value(),
                     .protection = header.protection,
                     .slots = {}};
  status.left_keys = static_cast<std::size_t>(std::ranges::count_if(
      snapshot.open.loose_keys, [&](const LooseKey& key) { return key.is_due(parts.clock.now()); }));
  bool is_first = true;
  for (std::size_t i = 0; i < snapshot.open.slots.size(); ++i) {
    const Slot& slot = snapshot.open.slots[i];
    status.slots.push_back(status_of(parts, snapshot.open, slot, snapshot.attempts[i]));
    status.level = std::min(status.level, slot.level);
    add_presence(parts, slot, status, status.slots.back(), is_first);
  }
  status.state = state_from(status);
  TRY(status.checkpoint, find_checkpoint(snapshot.open));
  return status;
}

std::optional<State> state_of(const Error& error) {
  switch (error.code) {
    case Code::not_found:
      return State::fresh;
    case Code::temporarily_unavailable:
      return State::temporarily_unavailable;
    case Code::vault_corrupted:
      return State::corrupted;
    default:
      return std::nullopt;
  }
}

}  // namespace latchkey::vault
