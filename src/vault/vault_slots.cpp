// Making and destroying vaults, and changing what protects them.
#include <algorithm>

#include "crypto/random.h"
#include "protocol/limits/vault.h"
#include "vault/slot_making.h"
#include "vault/slot_rules.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

Result<std::vector<Slot>> make_slots(const UnlockParts& parts, const CreateOptions& options, const Header& header,
                                     const Keyring& keys, const Prompt& prompt) {
  if (options.slots.empty() || options.slots.size() > protocol::limits::vault_slots)
    return fail(Code::invalid_argument, "number of slots");
  std::vector<Slot> slots;
  for (const SlotRequest& request : options.slots) {
    auto slot = make_slot(parts, request, header, static_cast<std::uint32_t>(slots.size() + 1), keys, prompt);
    if (!slot) {
      forget_slots(parts, slots);
      return tl::unexpected(slot.error());
    }
    slots.push_back(*std::move(slot));
  }
  Status checked = check_slots(parts.key_stores, slots);
  if (checked) checked = check_type_slots(header.protection, parts.key_stores, slots);
  if (checked) return slots;
  forget_slots(parts, slots);
  return tl::unexpected(checked.error());
}

std::vector<Slot> with_slot(std::span<const Slot> slots, const Slot& slot) {
  std::vector<Slot> out(slots.begin(), slots.end());
  std::erase_if(out, [&](const Slot& other) { return other.id == slot.id; });
  out.push_back(slot);
  return out;
}
std::vector<Slot> without_slot(std::span<const Slot> slots, std::uint32_t id) {
  std::vector<Slot> out(slots.begin(), slots.end());
  std::erase_if(out, [id](const Slot& slot) { return slot.id == id; });
  return out;
}

Header make_header(const UnlockParts& parts, const CreateOptions& options) {
  Header header;
  header.id = crypto::random_array<16>();
  header.minimum_level = options.minimum_level;
  header.created_at = parts.clock.now();
  header.rotated_at = header.created_at;
  header.device = bind_to_device(parts.device.find(), header.id);
  header.policy = options.policy;
  header.protection = options.protection;
  return header;
}

Status refuse_if_anything_is_there(RecordStore& records) {
  const Status there = records.read([](RecordReader& /*reader*/) { return Status(); });
  if (!there && there.error().code == Code::not_found) return {};
  return fail(Code::already_exists, "vault");
}

const Slot* find_slot(std::span<const Slot> slots, std::uint32_t id) {
  const auto found = std::ranges::find(slots, id, &Slot::id);
  return found == slots.end() ? nullptr : &*found;
}

// The slots by which the vault can be opened without `without`, now or once a store answers again.
std::vector<std::uint32_t> find_ways_in(const UnlockParts& parts, const WrapInputs& inputs, std::uint32_t without) {
  const OpenParts open{.header = inputs.header, .slots = inputs.slots, .anchor = {}, .rotation = {}, .loose_keys = {}};
  std::vector<std::uint32_t> ways;
  for (const Slot& slot : inputs.slots) {
    if (slot.id == without || is_ephemeral(slot.kind)) continue;
    const Status probed = probe_slot(parts, open, slot);
    if (probed || probed.error().code == Code::temporarily_unavailable) ways.push_back(slot.id);
  }
  return ways;
}

}  // namespace

Result<WrapInputs> Vault::Inner::get_wrap_inputs() {
  return read<WrapInputs>([](Contents& contents, RecordReader& /*reader*/) -> Result<WrapInputs> {
    TRY(Keyring keys, Keyring::create(contents.keys().data_key().clone(), contents.header()));
    return WrapInputs{contents.header(), contents.slots(), std::move(keys)};
  });
}

Result<std::unique_ptr<Vault>> Vault::create(VaultParts made_from, const CreateOptions& options, const Prompt& prompt) {
  auto inner = std::make_unique<Inner>(std::move(made_from));
  const UnlockParts parts = inner->unlock_parts();
  if (options.is_anchored && options.checkpoint) return fail(Code::invalid_argument, "a vault has one anchor");
  TRY_DO(check_policy(options.policy));
  TRY_DO(refuse_if_anything_is_there(parts.records));
  TRY_DO(check_vault_type(options.protection, parts.records));
  const Header header = make_header(parts, options);
  TRY(Keyring keys, Keyring::create(Keyring::make_data_key(), header));
  if (options.is_anchored && !inner->parts.anchor) return fail(Code::unsupported, "rollback anchor");
  TRY(const auto slots, make_slots(parts, options, header, keys, prompt));
  const auto enrolment = enrol_for(parts, header.protection, slots, prompt);
  if (!enrolment) forget_slots(parts, slots);
  TRY_DO(enrolment);
  std::optional<Anchor> anchor;
  std::optional<Contents> contents;
  const auto write_file = [&](RecordWriter& writer) -> Status {
    if (options.is_anchored) {
      TRY(anchor, inner->parts.anchor->create());
    }
    TRY(contents, Contents::create(std::move(keys), writer, header, slots, anchor));
    if (*enrolment == EnrolmentDigest{}) return {};
    contents->leave_coverage();
    return contents->put_enrolment(writer, *enrolment);
  };
  const auto make = [&]() -> Status {
    if (options.checkpoint) {
      TRY(anchor, inner->begin_checkpoint(*options.checkpoint, header.id, prompt.stop));
    }
    return parts.records.create(write_file);
  };
  if (const Status made = make(); !made) {
    forget_slots(parts, slots);
    if (anchor) inner->forget_anchor(*anchor, header.id);
    return tl::unexpected(made.error());
  }
  const Instant now = parts.clock.now();
  inner->open.emplace(UnlockedState{*std::move(contents), slots.front().id, {now, now}});
  inner->open->checkpoint.is_verified = options.checkpoint.has_value();
  return std::unique_ptr<Vault>(new Vault(std::move(inner)));
}

// The user is asked and stores are called with no lock of the vault held.
Result<std::uint32_t> Vault::add_slot(const SlotRequest& request, const Prompt& prompt) {
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  const UnlockParts parts = inner_->unlock_parts();
  TRY(const WrapInputs inputs, inner_->get_wrap_inputs());
  if (inputs.slots.size() >= protocol::limits::vault_slots) return fail(Code::invalid_argument, "number of slots");
  const std::uint32_t id = next_slot_id(inputs.slots);
  KeyNotes notes;
  const auto slot = make_slot(parts, request, inputs.header, id, inputs.keys, inner_->noting_keys(prompt, notes));
  if (!slot) inner_->give_up_keys({}, notes);
  TRY_DO(slot);
  const Status written = inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
    if (find_slot(contents.slots(), id) != nullptr || contents.header().generation != inputs.header.generation)
      return fail(Code::conflict, "slot");
    TRY_DO(Inner::settle_notes(contents, writer, notes));
    const auto all = with_slot(contents.slots(), *slot);
    TRY_DO(check_slots(parts.key_stores, all));
    TRY_DO(check_type_slots(contents.header().protection, parts.key_stores, all));
    return contents.put_slot(writer, *slot);
  });
  if (!written) inner_->give_up_keys({&*slot, 1}, notes);
  TRY_DO(written);
  static_cast<void>(inner_->sweep_keys());  // what was left before
  return id;
}

Status Vault::remove_slot(std::uint32_t id) {
  const UnlockParts parts = inner_->unlock_parts();
  TRY(const WrapInputs inputs, inner_->get_wrap_inputs());
  if (find_slot(inputs.slots, id) == nullptr) return fail(Code::not_found, "slot");
  const auto others = find_ways_in(parts, inputs, id);
  std::vector<Slot> unnoted;
  TRY_DO(inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
    const Slot* const found = find_slot(contents.slots(), id);
    if (found == nullptr) return fail(Code::not_found, "slot");
    const Slot doomed = *found;
    TRY_DO(inner_->note_removed(contents, writer, {&doomed, 1}, unnoted));
    if (is_ephemeral(doomed.kind)) return contents.remove_slot(writer, id);
    const auto is_there = [&](std::uint32_t other) { return find_slot(contents.slots(), other) != nullptr; };
    if (std::ranges::none_of(others, is_there)) return fail(Code::slot_in_use);
    const auto left = without_slot(contents.slots(), id);
    Status checked = check_slots(parts.key_stores, left);
    if (checked) checked = check_type_slots(contents.header().protection, parts.key_stores, left);
    if (!checked) return fail(Code::slot_in_use, checked.error().detail);
    return contents.remove_slot(writer, id);
  }));
  inner_->forget_removed(unnoted);
  static_cast<void>(parts.records.scrub());  // the wrap's bytes; others may be reading, then it goes with their log
  return {};
}

Status Vault::rewrap_slot(std::uint32_t id, const Prompt& prompt) {
  const std::lock_guard one_at_a_time(inner_->unlocking);
  const Inner::NoRotation meanwhile(*inner_);
  const UnlockParts parts = inner_->unlock_parts();
  TRY(const WrapInputs inputs, inner_->get_wrap_inputs());
  const Slot* const before = find_slot(inputs.slots, id);
  if (before == nullptr) return fail(Code::not_found, "slot");
  KeyNotes notes;
  std::vector<Slot> unnoted;
  const auto after = make_slot(parts, {before->kind, before->label}, inputs.header, id, inputs.keys,
                               inner_->noting_keys(prompt, notes));
  if (!after) inner_->give_up_keys({}, notes);
  TRY_DO(after);
  const Status written = inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
    const Slot* const now = find_slot(contents.slots(), id);
    if (now == nullptr || *now != *before || contents.header().generation != inputs.header.generation)
      return fail(Code::conflict, "slot");
    TRY_DO(writer.remove({PartKind::attempts, id}));
    TRY_DO(Inner::settle_notes(contents, writer, notes));
    TRY_DO(inner_->note_removed(contents, writer, {before, 1}, unnoted));
    return contents.put_slot(writer, *after);
  });
  if (!written) inner_->give_up_keys({&*after, 1}, notes);
  TRY_DO(written);
  inner_->forget_removed(unnoted);
  return {};
}

Status Vault::set_policy(const LockPolicy& policy) {
  TRY_DO(check_policy(policy));
  return inner_->write([&](Contents& contents, RecordWriter& writer) {
    Header header = contents.header();
    header.policy = policy;
    return contents.put_header(writer, header);
  });
}

Status Vault::adopt_device() {
  return inner_->write([&](Contents& contents, RecordWriter& writer) -> Status {
    Header header = contents.header();
    const auto device = inner_->parts.device->find();
    if (is_other_device(header, device)) TRY_DO(Inner::drop_keys_being_made(contents, writer));
    header.device = bind_to_device(device, header.id);
    return contents.put_header(writer, header);
  });
}

Error Vault::Inner::after_failure(const Error& error) {
  if (error.code != Code::wrong_passcode) return error;
  bool is_due = false;
  static_cast<void>(parts.records->read([&](RecordReader& reader) -> Status {
    TRY(const OpenParts open, read_open_parts(reader));
    const LockPolicy& policy = open.header.policy;
    if (policy.after_attempts != AfterAttempts::wipe || policy.maximum_attempts == 0) return {};
    for (const Slot& slot : open.slots) {
      TRY(const FailedAttempts attempts, read_failed_attempts(reader, slot.id));
      is_due = is_due || attempts.count >= policy.maximum_attempts;
    }
    return {};
  }));
  if (!is_due) return error;
  const Status wiped = destroy();
  return wiped ? Error{Code::vault_wiped, {}} : wiped.error();
}

Status Vault::destroy(const std::stop_token& stop) {
  const StepTurn no_steps = inner_->end_steps();
  const std::lock_guard one_at_a_time(inner_->unlocking);
  if (is_locked()) {
    const auto seen = assess(inner_->unlock_parts());
    if (seen && seen->protection.destroy_takes_unlock && seen->state == State::locked)
      return fail(Code::vault_locked, "destroying this vault takes unlocking it");
  }
  inner_->forget_checkpoint(stop);
  inner_->forget_loose_keys();
  return inner_->destroy();
}

Status Vault::Inner::destroy() {
  const UnlockParts with = unlock_parts();
  static_cast<void>(with.records.read([&](RecordReader& reader) -> Status {
    TRY(const OpenParts opened, read_open_parts(reader));
    if (!is_other_device(opened.header, with.device.find())) {
      forget_slots(with, opened.slots);
      if (opened.anchor && !is_checkpoint(*opened.anchor) && this->parts.anchor)
        static_cast<void>(this->parts.anchor->remove(*opened.anchor));
    }
    return {};
  }));
  const Status destroyed = with.records.destroy();
  if (destroyed) lock(LockReason::destroyed);
  return destroyed;
}

}  // namespace latchkey::vault
