// What the slots of a vault must be together, so that it can always be opened again.
#pragma once

#include "vault/unlocking.h"

namespace latchkey::vault {

// Fails: invalid_argument (no slot but ones that go by themselves; a slot that may stop to open without a portable one
// beside it).
Status check_slots(std::span<const std::unique_ptr<KeyStore>> stores, std::span<const Slot> slots);

}  // namespace latchkey::vault
