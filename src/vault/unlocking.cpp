#include "vault/unlocking.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

PartId attempts_part(std::uint32_t slot) { return {PartKind::attempts, slot}; }

Result<OpenParts> read_parts(RecordStore& records) {
  std::optional<OpenParts> parts;
  TRY_DO(records.read([&](RecordReader& reader) -> Status {
    TRY(parts, read_open_parts(reader));
    return {};
  }));
  return *std::move(parts);
}

Error locked_out(std::chrono::milliseconds wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {Code::locked_out, std::to_string(seconds) + " s"};
}

// Refuses while a delay runs. A clock that was put back starts the delay anew instead of stretching it for years.
Status check_delay(RecordStore& records, std::uint32_t slot, Instant now) {
  std::optional<FailedAttempts> attempts;
  TRY_DO(records.read([&](RecordReader& reader) -> Status {
    TRY(attempts, read_failed_attempts(reader, slot));
    return {};
  }));
  const auto wait = time_until_attempt(*attempts, now);
  if (wait.count() == 0) return {};
  if (now < attempts->last_at) {
    attempts->last_at = now;
    TRY_DO(records.write(
        [&](RecordWriter& writer) { return writer.put(attempts_part(slot), print_failed_attempts(*attempts)); }));
  }
  return tl::unexpected(locked_out(wait));
}

// Counts, unless another process's attempt just made everybody wait.
Status charge(RecordStore& records, std::uint32_t slot, Instant now) {
  return records.write([&](RecordWriter& writer) -> Status {
    TRY(const FailedAttempts before, read_failed_attempts(writer, slot));
    const auto wait = time_until_attempt(before, now);
    if (wait.count() != 0) return tl::unexpected(locked_out(wait));
    return writer.put(attempts_part(slot), print_failed_attempts({before.count + 1, now}));
  });
}

enum class Refund { one, all };

Status refund(RecordStore& records, std::uint32_t slot, Refund what) {
  return records.write([&](RecordWriter& writer) -> Status {
    TRY(FailedAttempts attempts, read_failed_attempts(writer, slot));
    if (what == Refund::all || attempts.count <= 1) return writer.remove(attempts_part(slot));
    --attempts.count;
    return writer.put(attempts_part(slot), print_failed_attempts(attempts));
  });
}

// Whether an attempt that ended so says nothing about the passcode.
bool is_no_guess(const Error& error) { return error.code != Code::wrong_passcode && error.code != Code::locked_out; }

Result<SlotKey> unwrap_counting(const UnlockParts& parts, KeyStore& store, const Slot& slot, const SlotBinding& binding,
                                const Prompt& prompt) {
  bool is_charged = false;
  Prompt counting = prompt;
  if (prompt.ask_passcode) {
    counting.ask_passcode = [&](PasscodeAsk what) -> Result<Passcode> {
      TRY(Passcode passcode, prompt.ask_passcode(what));
      TRY_DO(charge(parts.records, slot.id, parts.clock.now()));
      is_charged = true;
      return passcode;
    };
  }
  auto key = store.unwrap(slot.wrapped, binding, counting);
  if (!is_charged) return key;
  if (key) TRY_DO(refund(parts.records, slot.id, Refund::all));
  if (!key && is_no_guess(key.error())) TRY_DO(refund(parts.records, slot.id, Refund::one));
  return key;
}

// Before the store is asked for the key, and only if it has one. The user is asked once, however many slots are tried.
Status require_presence(const UnlockParts& parts, const VaultProtection& protection, KeyStore& store, const Slot& slot,
                        const Prompt& prompt, std::optional<Recognition>& recognition) {
  if (recognition || !needs_presence(protection, slot.kind)) return {};
  TRY_DO(store.probe(slot.wrapped));
  TRY(recognition, recognise(parts.presences, protection, store, slot.wrapped, prompt));
  return {};
}

Result<OpenedSlot> open_one(const UnlockParts& parts, const OpenParts& open, const Slot& slot, const Prompt& prompt,
                            std::optional<Recognition>& recognition) {
  KeyStore* const store = find_key_store(parts.key_stores, slot.kind);
  if (store == nullptr) return fail(Code::unsupported, name_of(slot.kind));
  if (slot.portability == Portability::this_device_only && is_other_device(open.header, parts.device.find()))
    return fail(Code::vault_restored_elsewhere);
  TRY_DO(check_delay(parts.records, slot.id, parts.clock.now()));
  TRY_DO(require_presence(parts, open.header.protection, *store, slot, prompt, recognition));
  TRY(SlotKey slot_key, unwrap_counting(parts, *store, slot, {open.header.id, slot.id}, prompt));
  const SealPlace place{open.header.id, open.header.generation, slot.id};
  TRY(DataKey key, open_data_key(slot_key, slot.sealed_data_key, place));
  return OpenedSlot{slot.id, slot.kind, std::move(key), open.header, std::move(slot_key), slot.public_key, recognition};
}

// Whether another slot may be tried after this failure: yes when the store could not be used, no when the user
// answered.
bool may_go_on(const Error& error) {
  switch (error.code) {
    case Code::key_missing:
    case Code::key_invalidated:
    case Code::temporarily_unavailable:
    case Code::unsupported:
    case Code::vault_restored_elsewhere:
    case Code::authentication_failed:
      return true;
    default:
      return false;
  }
}

// Of several reasons the one that leaves the user most hope.
int hope_in(const Error& error) {
  switch (error.code) {
    case Code::temporarily_unavailable:
      return 5;
    case Code::vault_restored_elsewhere:
      return 4;
    case Code::key_invalidated:
      return 3;
    case Code::key_missing:
      return 2;
    default:
      return 1;
  }
}

bool is_chosen(const Slot& slot, SlotChoice choice) {
  if (choice == SlotChoice::any) return true;
  return is_ephemeral(slot.kind) == (choice == SlotChoice::ephemeral);
}

auto order_of(const Slot& slot) { return std::tuple(!is_ephemeral(slot.kind), slot.portability, slot.id); }

bool is_opened_unnamed(VaultType type, const Slot& slot) {
  if (type != VaultType::secure_storage && type != VaultType::device_security) return true;
  return !is_users_own(slot.kind);
}

}  // namespace

KeyStore* find_key_store(std::span<const std::unique_ptr<KeyStore>> stores, SlotKind kind) {
  for (const auto& store : stores)
    if (store->kind() == kind) return store.get();
  return nullptr;
}

Result<FailedAttempts> read_failed_attempts(RecordReader& reader, std::uint32_t slot) {
  TRY(const auto body, reader.find(attempts_part(slot)));
  if (!body) return FailedAttempts{};
  return parse_failed_attempts(*body);
}

Result<OpenedSlot> open_slot(const UnlockParts& parts, std::uint32_t slot, const Prompt& prompt) {
  TRY(const OpenParts open, read_parts(parts.records));
  const auto found = std::ranges::find(open.slots, slot, &Slot::id);
  if (found == open.slots.end()) return fail(Code::not_found, "slot");
  std::optional<Recognition> recognition;
  return open_one(parts, open, *found, prompt, recognition);
}

Result<OpenedSlot> open_any_slot(const UnlockParts& parts, const Prompt& prompt, SlotChoice choice) {
  TRY(OpenParts open, read_parts(parts.records));
  std::erase_if(open.slots, [&](const Slot& slot) { return !is_chosen(slot, choice); });
  std::ranges::sort(open.slots, {}, order_of);
  std::optional<Error> best;
  std::optional<Recognition> recognition;
  for (const Slot& slot : open.slots) {
    if (!is_opened_unnamed(open.header.protection.type, slot)) continue;
    auto opened = open_one(parts, open, slot, prompt, recognition);
    if (opened || !may_go_on(opened.error())) return opened;
    const bool says_something = choice == SlotChoice::ephemeral || !is_ephemeral(slot.kind);
    if (says_something && (!best || hope_in(opened.error()) > hope_in(*best))) best = opened.error();
  }
  return tl::unexpected(best.value_or(Error{Code::key_missing, "no such slot"}));
}

Status open_again(const UnlockParts& parts, OpenedSlot& opened) {
  TRY(const OpenParts open, read_parts(parts.records));
  const auto found = std::ranges::find(open.slots, opened.slot, &Slot::id);
  if (found == open.slots.end() || found->public_key != opened.public_key)
    return fail(Code::temporarily_unavailable, "the slot was changed meanwhile");
  const SealPlace place{open.header.id, open.header.generation, opened.slot};
  TRY(opened.key, open_data_key(opened.slot_key, found->sealed_data_key, place));
  opened.header = open.header;
  return {};
}

Status probe_slot(const UnlockParts& parts, const OpenParts& open, const Slot& slot) {
  KeyStore* const store = find_key_store(parts.key_stores, slot.kind);
  if (store == nullptr) return fail(Code::unsupported, name_of(slot.kind));
  if (slot.portability == Portability::this_device_only && is_other_device(open.header, parts.device.find()))
    return fail(Code::vault_restored_elsewhere);
  return store->probe(slot.wrapped);
}

}  // namespace latchkey::vault
