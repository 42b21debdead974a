// Making slots and taking them back: what creating a vault, adding a slot and changing the protection share.
#pragma once

#include "vault/unlocking.h"
#include "vault/vault.h"

namespace latchkey::vault {

// A new slot key, wrapped by its store, and the data key sealed to it. The level is checked against the minimum the
// vault was made with. Fails: invalid_argument (label), unsupported, and as KeyStore::wrap.
Result<Slot> make_slot(const UnlockParts& parts, const SlotRequest& request, const Header& header, std::uint32_t id,
                       const Keyring& keys, const Prompt& prompt);
// Best effort: an item left in a keyring opens nothing without the vault's wrap.
void forget_slots(const UnlockParts& parts, std::span<const Slot> slots);
std::uint32_t next_slot_id(std::span<const Slot> slots);

// For a vault that asks for the user's presence: recognises them, so that a vault that could never be unlocked is not
// made, and gives the enrolment to watch. Zeroes: there is none. Fails as recognise().
Result<EnrolmentDigest> enrol_for(const UnlockParts& parts, const VaultProtection& protection,
                                  std::span<const Slot> slots, const Prompt& prompt);

}  // namespace latchkey::vault
