// What protects a vault besides its slots, on the command line: its type and the user's presence, as flags and printed.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vault/user_presence.h"
#include "vault/vault_type.h"

namespace latchkey::app {

// As given; what is unset stays as it was.
struct ProtectionFlags {
  std::optional<std::string> type;
  std::optional<std::string> device_security;
  std::optional<std::string> minimum_presence;
  std::optional<std::string> on_enrolment_change;
  std::optional<std::string> destroy_takes_unlock;

  bool is_any_given() const;
};
void add_protection_flags(CLI::App& command, ProtectionFlags& flags);

// --device-security alone means the type of that name. Fails: invalid_argument.
Result<vault::VaultProtection> apply_flags(const ProtectionFlags& flags, vault::VaultProtection protection);

// Whether the device's own key opens vaults of that type, so that asking for a PIN has to be asked for.
bool is_opened_by_device(vault::VaultType type);
// What a vault of that type is made with when no slot is named; `has_tpm`: there is one on this machine.
vault::SlotKind default_slot(vault::VaultType type, bool has_tpm);

std::string describe(const vault::VaultProtection& protection);
std::string to_json(const vault::VaultProtection& protection);
// Several lines: what this machine can recognise its user by.
std::string describe(const vault::Capabilities& capabilities);

}  // namespace latchkey::app
