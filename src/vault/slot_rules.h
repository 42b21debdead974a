// What the slots of a vault must be together, so that it can always be opened again.
#pragma once

#include "vault/unlocking.h"

namespace latchkey::vault {

// Fails: invalid_argument (no slot but ones that go by themselves; a slot that may stop to open without a portable one
// beside it).
Status check_slots(std::span<const std::unique_ptr<KeyStore>> stores, std::span<const Slot> slots);

// Whether the slots are those of the vault's type:
//   secure_storage   a lasting one of the device's; no passcode
//   device_security  a lasting one of the device's; no shortcut, which would pass by the user
//   custom_passcode  one that asks for a passcode; besides those only recovery codes, and shortcuts that go by
//                    themselves
//   in_memory        in memory, all of them
// Fails: invalid_argument.
Status check_type_slots(const VaultProtection& protection, std::span<const std::unique_ptr<KeyStore>> stores,
                        std::span<const Slot> slots);
// Fails: invalid_argument (device security of another type), unsupported (a vault that must not be written, at a store
// that writes).
Status check_vault_type(const VaultProtection& protection, const RecordStore& records);

}  // namespace latchkey::vault
