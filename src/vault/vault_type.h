// The kinds of vaults by Ionic Identity Vault's names: what a vault of each kind is opened by, and whether the user has
// to be there. Stored in the header; what they demand of slots is check_slots(), when they ask is unlocking.h.
#pragma once

#include <span>
#include <string_view>

#include "protocol/presence_statement.h"
#include "vault/key_store.h"

namespace latchkey::vault {

using protocol::PresenceMethod;
using protocol::PresenceStrength;

// Numbers of this file are part of the file format (docs/formats/vault-v1.md).
enum class VaultType : std::uint8_t {
  by_slots = 0,         // none of Ionic's: any slot, in the order of unlock()
  secure_storage = 1,   // the device's key opens it; the user is not asked by the vault
  device_security = 2,  // the device's key, after the user was recognised: DeviceSecurityType
  custom_passcode = 3,  // a passcode of the vault's own, alone or together with a chip
  in_memory = 4,        // nothing is written anywhere; gone with the process
};
std::string_view name_of(VaultType type);
// Ionic's names, too: "SecureStorage". Fails: invalid_argument.
Result<VaultType> parse_vault_type(std::string_view name);

// Who recognises the user in a vault of type device_security. There is no other fallback than the one chosen here.
enum class DeviceSecurityType : std::uint8_t {
  none = 0,             // of the other types of vaults
  biometrics = 1,       // a fingerprint, a face
  system_passcode = 2,  // the password that unlocks the device
  both = 3,             // biometrics; the password where they cannot be used now
};
std::string_view name_of(DeviceSecurityType type);
Result<DeviceSecurityType> parse_device_security_type(std::string_view name);

// What follows when a vault's biometrics are not those it was made with: a finger was added, another reader.
enum class OnEnrolmentChange : std::uint8_t {
  accept = 0,  // nothing
  refuse = 1,  // key_invalidated, until the vault was opened otherwise: a slot of the user's own, or the system
               // passcode where that was chosen as well
  refuse_and_drop = 2,  // and all records of sessions ("latchkey/session...", "session/...") go
};

std::string_view name_of(OnEnrolmentChange what);
Result<OnEnrolmentChange> parse_on_enrolment_change(std::string_view name);

// What protects a vault, besides its slots.
struct VaultProtection {
  VaultType type = VaultType::by_slots;
  DeviceSecurityType device_security = DeviceSecurityType::none;
  // The least a presence must be worth; below it nobody is asked, and the vault stays closed. On Linux a presence is
  // worth `weak` (user_presence.h).
  PresenceStrength minimum_presence = PresenceStrength::weak;
  OnEnrolmentChange on_enrolment_change = OnEnrolmentChange::refuse;
  // destroy() of a vault that is locked, but could be unlocked, is refused. It binds programs that use this library;
  // who may delete the file may delete it.
  bool destroy_takes_unlock = false;

  friend bool operator==(const VaultProtection&, const VaultProtection&) = default;
};

}  // namespace latchkey::vault
