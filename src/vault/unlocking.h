// The step from a locked vault to its data key: which slot, whether it may be tried now, and keeping count of failures.
#pragma once

#include "base/time.h"
#include "vault/contents.h"
#include "vault/unlock_presence.h"

namespace latchkey::vault {

// What unlocking works with; all outlive it.
struct UnlockParts {
  RecordStore& records;
  std::span<const std::unique_ptr<KeyStore>> key_stores;
  const DeviceIdentity& device;
  const Clock& clock;
  Presences presences = {};
};

// The store for that kind, or null.
KeyStore* find_key_store(std::span<const std::unique_ptr<KeyStore>> stores, SlotKind kind);

struct OpenedSlot {
  std::uint32_t slot;
  SlotKind kind;
  DataKey key;
  Header header;  // as it was when the slot was opened; not authenticated yet
  SlotKey slot_key;
  crypto::X25519Public public_key;                        // the slot's
  std::optional<Recognition> recognition = std::nullopt;  // of the user, where the vault's type asks for it
};

// One slot. An attempt is written down before the store gets the passcode, and struck out when it was right, so that
// killing the process does not give a free try. Fails: not_found, unsupported, locked_out, vault_restored_elsewhere,
// and as recognise() and KeyStore::unwrap. Nobody is asked for a key that is not there.
Result<OpenedSlot> open_slot(const UnlockParts& parts, std::uint32_t slot, const Prompt& prompt);
// Ephemeral slots were made by an unlocking before: they open for the other programs of the session, and prove nothing
// about the user.
enum class SlotChoice { any, ephemeral, lasting };

// The first that opens: ephemeral ones, then this device's own, then portable ones, by number. Whatever the user
// answers ends the search. A vault of type secure_storage or device_security does not come to what the user knows
// (is_users_own) by itself: falling back to it takes naming the slot. Fails also: key_missing (no such slots).
Result<OpenedSlot> open_any_slot(const UnlockParts& parts, const Prompt& prompt, SlotChoice choice = SlotChoice::any);

// The data key and header as they are now, of a slot that was opened before others rotated the data key: nobody is
// asked again. Fails: temporarily_unavailable (the slot is not the same any more).
Status open_again(const UnlockParts& parts, OpenedSlot& opened);

// Reads what open_slot() wrote down. No part: no failures.
Result<FailedAttempts> read_failed_attempts(RecordReader& reader, std::uint32_t slot);

// Why a slot cannot be used, as far as can be told without asking the user; ok when it can be tried.
Status probe_slot(const UnlockParts& parts, const OpenParts& open, const Slot& slot);

}  // namespace latchkey::vault
