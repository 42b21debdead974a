// Keys in stores outside of the file that no slot names (loose_key.h): noted before they are made and with the change
// that parts with their slot, and struck out when the store says that they are gone.
#include <algorithm>

#include "base/registers.h"
#include "protocol/limits/vault.h"
#include "vault/slot_making.h"
#include "vault/vault_inner.h"

namespace latchkey::vault {
namespace {

std::uint64_t next_number(std::span<const LooseKey> keys) {
  std::uint64_t highest = 0;
  for (const LooseKey& key : keys) highest = std::max(highest, key.number);
  return highest + 1;
}

const LooseKey* find_loose_key(const Contents& contents, std::uint64_t number) {
  const auto found = std::ranges::find(contents.loose_keys(), number, &LooseKey::number);
  return found == contents.loose_keys().end() ? nullptr : &*found;
}

bool is_in(std::span<const std::uint64_t> numbers, std::uint64_t number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

Result<std::uint64_t> put_note(Contents& contents, RecordWriter& writer, LooseKey key) {
  if (contents.loose_keys().size() >= protocol::limits::loose_keys)
    return fail(Code::storage_full, "too many keys of former slots are left in their stores");
  key.number = next_number(contents.loose_keys());
  TRY_DO(contents.put_loose_key(writer, key));
  return key.number;
}

Status strike_out(Contents& contents, RecordWriter& writer, std::span<const std::uint64_t> numbers) {
  for (const std::uint64_t number : numbers)
    if (find_loose_key(contents, number) != nullptr) TRY_DO(contents.remove_loose_key(writer, number));
  return {};
}

}  // namespace

Prompt Vault::Inner::noting_keys(const Prompt& prompt, KeyNotes& notes) {
  Prompt noting = prompt;
  noting.key_notice.about_to_make = [this, &notes](SlotKind kind, ByteView parameters) -> Status {
    const LooseKey key{.kind = kind,
                       .state = LooseKey::State::being_made,
                       .since = parts.clock.now(),
                       .parameters = Bytes(parameters.begin(), parameters.end())};
    std::uint64_t number = 0;
    TRY_DO(write([&](Contents& contents, RecordWriter& writer) -> Status {
      TRY(number, put_note(contents, writer, key));
      return {};
    }));
    notes.push_back(number);
    return {};
  };
  noting.key_notice.unmade = [this, &notes] {
    const auto gone = std::exchange(notes, {});
    static_cast<void>(
        write([&](Contents& contents, RecordWriter& writer) { return strike_out(contents, writer, gone); }));
  };
  return noting;
}

Status Vault::Inner::settle_notes(Contents& contents, RecordWriter& writer, const KeyNotes& notes) {
  for (const std::uint64_t number : notes) {
    const LooseKey* const key = find_loose_key(contents, number);
    if (key == nullptr || key->state != LooseKey::State::being_made)
      return fail(Code::conflict, "another process took its key for one that was left behind");
  }
  return strike_out(contents, writer, notes);
}

Status Vault::Inner::note_removed(Contents& contents, RecordWriter& writer, std::span<const Slot> slots,
                                  KeyNotes& removed) const {
  removed.clear();
  for (const Slot& slot : slots) {
    if (!keeps_key_apart(slot.kind)) continue;
    const auto noted = put_note(contents, writer,
                                {.kind = slot.kind, .since = parts.clock.now(), .parameters = slot.wrapped.parameters});
    if (!noted && noted.error().code == Code::storage_full) return {};  // a slot that is to go goes all the same
    TRY(const std::uint64_t number, noted);
    removed.push_back(number);
  }
  return {};
}

void Vault::Inner::forget_unused(std::span<const Slot> slots, const KeyNotes& notes) {
  for (const Slot& slot : slots)
    if (!keeps_key_apart(slot.kind)) forget_slots(unlock_parts(), {&slot, 1});
  static_cast<void>(sweep_keys(notes));
}

Result<std::vector<LooseKey>> Vault::Inner::claim_loose_keys(const KeyNotes& own) {
  std::vector<LooseKey> claimed;
  const Instant now = parts.clock.now();
  const auto find = [&](const Contents& contents) {
    claimed = contents.loose_keys();
    std::erase_if(claimed, [&](const LooseKey& key) { return !key.is_due(now) && !is_in(own, key.number); });
    // Another device's copy of the file does not know what became of them here.
    if (is_other_device(contents.header(), parts.device->find())) claimed.clear();
  };
  TRY_DO(read<bool>([&](Contents& contents, RecordReader& /*reader*/) -> Result<bool> {
    find(contents);
    return true;
  }));
  const auto is_unused = [](const LooseKey& key) { return key.state == LooseKey::State::unused; };
  if (std::ranges::all_of(claimed, is_unused)) return claimed;
  TRY_DO(write([&](Contents& contents, RecordWriter& writer) -> Status {
    find(contents);
    for (LooseKey& key : claimed) {
      if (is_unused(key)) continue;
      key.state = LooseKey::State::unused;
      TRY_DO(contents.put_loose_key(writer, key));
    }
    return {};
  }));
  return claimed;
}

// Who makes a key that is claimed here learns of it when it comes to name it in a slot.
Result<std::size_t> Vault::Inner::sweep_keys(const KeyNotes& own) {
  TRY(const auto claimed, claim_loose_keys(own));
  KeyNotes gone;
  for (const LooseKey& key : claimed) {
    KeyStore* const store = find_key_store(parts.key_stores, key.kind);
    if (store != nullptr && store->forget({key.parameters, {}})) gone.push_back(key.number);
  }
  if (!gone.empty())
    TRY_DO(write([&](Contents& contents, RecordWriter& writer) { return strike_out(contents, writer, gone); }));
  return claimed.size() - gone.size();
}

void Vault::Inner::forget_loose_keys() {
  const auto keys =
      read<std::vector<LooseKey>>([](Contents& contents, RecordReader& /*reader*/) -> Result<std::vector<LooseKey>> {
        return contents.loose_keys();
      });
  if (!keys) return;
  for (const LooseKey& key : *keys)
    if (KeyStore* const store = find_key_store(parts.key_stores, key.kind))
      static_cast<void>(store->forget({key.parameters, {}}));
}

Result<std::size_t> Vault::remove_left_keys() {
  const VectorRegisterGuard no_copies_in_registers;
  return inner_->sweep_keys({});
}

}  // namespace latchkey::vault
