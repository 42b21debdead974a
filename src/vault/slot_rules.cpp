#include "vault/slot_rules.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

bool is_portable(const Slot& slot) { return slot.portability == Portability::portable; }

bool is_lasting(const Slot& slot) { return !is_ephemeral(slot.kind); }
bool is_lasting_of_device(const Slot& slot) { return !is_users_own(slot.kind) && is_lasting(slot); }
bool is_passcode(const Slot& slot) { return slot.kind == SlotKind::passcode; }
bool is_in_memory(const Slot& slot) { return slot.kind == SlotKind::in_memory; }
bool is_beside_a_passcode(const Slot& slot) { return slot.kind == SlotKind::recovery_code || is_ephemeral(slot.kind); }

}  // namespace

Status check_slots(std::span<const std::unique_ptr<KeyStore>> stores, std::span<const Slot> slots) {
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

Status check_type_slots(const VaultProtection& protection, std::span<const std::unique_ptr<KeyStore>> stores,
                        std::span<const Slot> slots) {
  const auto asks = [&](const Slot& slot) {
    const KeyStore* const store = find_key_store(stores, slot.kind);
    return is_passcode(slot) || (store != nullptr && store->asks_for_passcode(slot.wrapped));
  };
  const auto is_of_passcode_vault = [&](const Slot& slot) { return is_beside_a_passcode(slot) || asks(slot); };
  switch (protection.type) {
    case VaultType::by_slots:
      return {};
    case VaultType::secure_storage:
      if (std::ranges::any_of(slots, is_lasting_of_device) && std::ranges::none_of(slots, is_passcode)) return {};
      return fail(Code::invalid_argument, "secure storage: a key of the device, and no passcode");
    case VaultType::device_security:
      if (std::ranges::any_of(slots, is_lasting_of_device) && std::ranges::all_of(slots, is_lasting)) return {};
      return fail(Code::invalid_argument, "device security: a key of the device, and no shortcut past the user");
    case VaultType::custom_passcode:
      if (std::ranges::any_of(slots, asks) && std::ranges::all_of(slots, is_of_passcode_vault)) return {};
      return fail(Code::invalid_argument, "custom passcode: a passcode, and nothing that opens without one");
    case VaultType::in_memory:
      if (std::ranges::all_of(slots, is_in_memory)) return {};
      return fail(Code::invalid_argument, "in memory: keys in memory");
  }
  return fail(Code::invalid_argument, "type of vault");
}

Status check_vault_type(const VaultProtection& protection, const RecordStore& records) {
  const bool is_device_security = protection.type == VaultType::device_security;
  if (is_device_security == (protection.device_security == DeviceSecurityType::none))
    return fail(Code::invalid_argument, "device security");
  if (protection.type == VaultType::in_memory && records.is_persistent())
    return fail(Code::unsupported, "a vault in memory takes a store in memory");
  return {};
}

}  // namespace latchkey::vault
