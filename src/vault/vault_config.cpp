// Changing what protects a live vault: one transaction takes the new slots in, the old ones out, and writes the new
// header; a crash leaves all of the old or all of the new.
#include <algorithm>

#include "protocol/limits/vault.h"
#include "vault/slot_making.h"
#include "vault/slot_rules.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

bool is_kept(const VaultConfig& config, const Slot& slot) {
  return std::ranges::find(config.kept_slots, slot.id) != config.kept_slots.end();
}

Status check_config(const UnlockParts& parts, const VaultConfig& config, std::span<const Slot> slots) {
  TRY_DO(check_vault_type(config.protection, parts.records));
  for (const std::uint32_t id : config.kept_slots)
    if (std::ranges::find(slots, id, &Slot::id) == slots.end()) return fail(Code::not_found, "slot");
  if (config.kept_slots.size() + config.new_slots.size() > protocol::limits::vault_slots)
    return fail(Code::invalid_argument, "number of slots");
  return {};
}

struct NewProtection {
  Header header;
  std::vector<Slot> kept, removed, made;
  EnrolmentDigest enrolment{};
};

// The new slots, with nothing of the vault changed yet.
Status make_new_slots(const UnlockParts& parts, const VaultConfig& config, const WrapInputs& inputs,
                      NewProtection& next, const Prompt& prompt) {
  std::uint32_t id = next_slot_id(inputs.slots);
  for (const SlotRequest& request : config.new_slots) {
    TRY(Slot slot, make_slot(parts, request, next.header, id++, inputs.keys, prompt));
    next.made.push_back(std::move(slot));
  }
  std::vector<Slot> all = next.kept;
  all.insert(all.end(), next.made.begin(), next.made.end());
  TRY_DO(check_slots(parts.key_stores, all));
  TRY_DO(check_type_slots(config.protection, parts.key_stores, all));
  TRY(next.enrolment, enrol_for(parts, next.header.protection, all, prompt));
  return {};
}

Status write_protection(Contents& contents, RecordWriter& writer, const NewProtection& next) {
  for (const Slot& slot : next.made) TRY_DO(contents.put_slot(writer, slot));
  for (const Slot& slot : next.removed) TRY_DO(contents.remove_slot(writer, slot.id));
  TRY_DO(contents.put_enrolment(writer, next.enrolment));
  return contents.put_header(writer, next.header);
}

}  // namespace

Status Vault::update_config(const VaultConfig& config, const Prompt& prompt) {
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  const UnlockParts parts = inner_->unlock_parts();
  TRY(const WrapInputs inputs, inner_->get_wrap_inputs());
  TRY_DO(check_config(parts, config, inputs.slots));
  NewProtection next{.header = inputs.header, .kept = {}, .removed = {}, .made = {}};
  next.header.protection = config.protection;
  for (const Slot& slot : inputs.slots) (is_kept(config, slot) ? next.kept : next.removed).push_back(slot);
  KeyNotes notes;
  std::vector<Slot> unnoted;
  Status changed = make_new_slots(parts, config, inputs, next, inner_->noting_keys(prompt, notes));
  if (changed)
    changed = inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
      if (contents.slots() != inputs.slots || contents.header() != inputs.header)
        return fail(Code::conflict, "another process changed the slots");
      TRY_DO(Inner::settle_notes(contents, writer, notes));
      TRY_DO(inner_->note_removed(contents, writer, next.removed, unnoted));
      return write_protection(contents, writer, next);
    });
  if (!changed) inner_->give_up_keys(next.made, notes);
  TRY_DO(changed);
  inner_->forget_removed(unnoted);
  static_cast<void>(parts.records.scrub());  // the old wraps' bytes
  inner_->observers.announce(ConfigChangedEvent{config.protection});
  return {};
}

}  // namespace latchkey::vault
