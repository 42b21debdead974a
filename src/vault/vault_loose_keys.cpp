// Keys in stores outside of the file that no slot names (loose_key.h): noted before they are made and with the change
// that parts with their slot, and struck out when the store says that they are gone.
#include <algorithm>

#include "base/registers.h"
#include "vault/slot_making.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

const LooseKey* find_loose_key(const Contents& contents, const LooseKey& noted) {
  const auto found =
      std::ranges::find_if(contents.loose_keys(), [&](const LooseKey& key) { return key.is_same_key(noted); });
  return found == contents.loose_keys().end() ? nullptr : &*found;
}

Status strike_out(Contents& contents, RecordWriter& writer, std::span<const LooseKey> keys) {
  for (const LooseKey& key : keys)
    if (find_loose_key(contents, key) != nullptr) TRY_DO(contents.remove_loose_key(writer, key.number));
  return {};
}

bool is_unused(const LooseKey& key) { return key.state == LooseKey::State::unused; }

bool names_one_of(const Contents& contents, std::span<const Slot> made) {
  return std::ranges::any_of(contents.slots(), [&](const Slot& slot) {
    return std::ranges::any_of(
        made, [&](const Slot& other) { return slot.kind == other.kind && slot.wrapped == other.wrapped; });
  });
}

}  // namespace

Prompt Vault::Inner::noting_keys(const Prompt& prompt, KeyNotes& notes) {
  Prompt noting = prompt;
  noting.key_notice.about_to_make = [this, &notes](SlotKind kind, ByteView parameters) -> Status {
    LooseKey key{.kind = kind,
                 .state = LooseKey::State::being_made,
                 .since = parts.clock.now(),
                 .parameters = Bytes(parameters.begin(), parameters.end())};
    TRY_DO(write([&](Contents& contents, RecordWriter& writer) -> Status {
      TRY(key.number, contents.add_loose_key(writer, key));
      return {};
    }));
    notes.push_back(std::move(key));
    return {};
  };
  // The one noted last: those before it have slots, which are not in the file yet.
  noting.key_notice.unmade = [this, &notes] {
    if (notes.empty()) return;
    const auto strike = [&](Contents& contents, RecordWriter& writer) {
      return strike_out(contents, writer, {&notes.back(), 1});
    };
    if (write(strike)) notes.pop_back();
  };
  return noting;
}

Status Vault::Inner::settle_notes(Contents& contents, RecordWriter& writer, const KeyNotes& notes) {
  for (const LooseKey& noted : notes) {
    const LooseKey* const key = find_loose_key(contents, noted);
    if (key == nullptr || is_unused(*key))
      return fail(Code::conflict, "another process took its key for one that was left behind");
  }
  return strike_out(contents, writer, notes);
}

// Where the file was copied from, the slot may still be one: on another device its key is let be.
Status Vault::Inner::note_removed(Contents& contents, RecordWriter& writer, std::span<const Slot> slots,
                                  std::vector<Slot>& unnoted) const {
  unnoted.clear();
  const bool is_elsewhere = is_other_device(contents.header(), parts.device->find());
  for (const Slot& slot : slots) {
    const bool is_apart = keeps_key_apart(slot.kind);
    if (is_apart && is_elsewhere) continue;
    if (!is_apart || !contents.has_room_for_loose_key()) {  // it goes all the same
      unnoted.push_back(slot);
      continue;
    }
    TRY_DO(contents.add_loose_key(
        writer, {.kind = slot.kind, .since = parts.clock.now(), .parameters = slot.wrapped.parameters}));
  }
  return {};
}

void Vault::Inner::forget_removed(std::span<const Slot> unnoted) {
  forget_slots(unlock_parts(), unnoted);
  static_cast<void>(sweep_keys());
}

void Vault::Inner::give_up_keys(std::span<const Slot> made, const KeyNotes& notes) {
  for (const Slot& slot : made)
    if (!keeps_key_apart(slot.kind)) forget_slots(unlock_parts(), {&slot, 1});
  if (!notes.empty())
    if (const auto own = take_back_notes(made, notes)) static_cast<void>(forget_keys(*own));
  static_cast<void>(sweep_keys());
}

// Who found a note due, and no key yet, has struck it out: the key was made after that, and is noted anew. None of them
// where the change is in the file although its write failed.
Result<KeyNotes> Vault::Inner::take_back_notes(std::span<const Slot> made, const KeyNotes& notes) {
  KeyNotes own;
  TRY_DO(write([&](Contents& contents, RecordWriter& writer) -> Status {
    own.clear();
    if (names_one_of(contents, made)) return {};
    for (LooseKey key : notes) {
      key.state = LooseKey::State::unused;
      if (find_loose_key(contents, key) != nullptr) {
        TRY_DO(contents.put_loose_key(writer, key));
      } else if (contents.has_room_for_loose_key()) {
        TRY(key.number, contents.add_loose_key(writer, key));
      }
      own.push_back(std::move(key));
    }
    return {};
  }));
  return own;
}

Result<DueKeys> Vault::Inner::claim_due_keys() {
  DueKeys due;
  const Instant now = parts.clock.now();
  const auto find = [&](const Contents& contents) {
    due = {contents.loose_keys(), is_other_device(contents.header(), parts.device->find())};
    std::erase_if(due.keys, [&](const LooseKey& key) { return !key.is_due(now); });
  };
  TRY_DO(read<bool>([&](Contents& contents, RecordReader& /*reader*/) -> Result<bool> {
    find(contents);
    return true;
  }));
  if (due.are_elsewhere || std::ranges::all_of(due.keys, is_unused)) return due;
  TRY_DO(write([&](Contents& contents, RecordWriter& writer) -> Status {
    find(contents);
    if (due.are_elsewhere) return {};
    for (LooseKey& key : due.keys) {
      if (is_unused(key)) continue;
      key.state = LooseKey::State::unused;
      TRY_DO(contents.put_loose_key(writer, key));
    }
    return {};
  }));
  return due;
}

Result<std::size_t> Vault::Inner::forget_keys(std::span<const LooseKey> keys) {
  KeyNotes gone;
  for (const LooseKey& key : keys) {
    KeyStore* const store = find_key_store(parts.key_stores, key.kind);
    if (store != nullptr && store->forget({key.parameters, {}})) gone.push_back(key);
  }
  if (!gone.empty())
    TRY_DO(write([&](Contents& contents, RecordWriter& writer) { return strike_out(contents, writer, gone); }));
  return keys.size() - gone.size();
}

// Who makes a key that is claimed here learns of it when it comes to name it in a slot.
Result<std::size_t> Vault::Inner::sweep_keys() {
  TRY(const DueKeys due, claim_due_keys());
  if (due.are_elsewhere) return due.keys.size();
  return forget_keys(due.keys);
}

void Vault::Inner::forget_loose_keys() {
  DueKeys all;
  const auto found = read<bool>([&](Contents& contents, RecordReader& /*reader*/) -> Result<bool> {
    all = {contents.loose_keys(), is_other_device(contents.header(), parts.device->find())};
    return true;
  });
  if (!found || all.are_elsewhere) return;
  for (const LooseKey& key : all.keys)
    if (KeyStore* const store = find_key_store(parts.key_stores, key.kind))
      static_cast<void>(store->forget({key.parameters, {}}));
}

Status Vault::Inner::drop_keys_being_made(Contents& contents, RecordWriter& writer) {
  KeyNotes dropped = contents.loose_keys();
  std::erase_if(dropped, is_unused);
  return strike_out(contents, writer, dropped);
}

Result<std::size_t> Vault::remove_left_keys() {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->sweep_keys();
}

}  // namespace latchkey::vault
