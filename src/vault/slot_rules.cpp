#include "vault/slot_rules.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

bool is_portable(const Slot& slot) { return slot.portability == Portability::portable; }

}  // namespace

Status check_slots(std::span<const std::unique_ptr<KeyStore>> stores, std::span<const Slot> slots) {
  const auto is_lasting = [](const Slot& slot) { return !is_ephemeral(slot.kind); };
  const auto needs_another = [&](const Slot& slot) {
    const KeyStore* const store = find_key_store(stores, slot.kind);
    return store != nullptr && store->needs_recovery_slot(slot.wrapped);
  };
  if (std::ranges::none_of(slots, is_lasting))
    return fail(Code::invalid_argument, "a vault needs a slot that does not go by itself");
  if (std::ranges::any_of(slots, needs_another) && std::ranges::none_of(slots, is_portable))
    return fail(Code::invalid_argument, "a slot that watches the boot needs a passcode or a recovery code beside it");
  return {};
}

}  // namespace latchkey::vault
