#include "apps/latchkey/vault_protection.h"

#include <fmt/format.h>

#include "apps/latchkey/console.h"

namespace latchkey::app {
namespace {

using vault::DeviceSecurityType;
using vault::VaultProtection;
using vault::VaultType;

Error wrong(std::string_view sentence) { return {Code::invalid_argument, std::string(sentence)}; }

Status take_type(const ProtectionFlags& flags, VaultProtection& protection) {
  if (!flags.type && !flags.device_security) return {};
  const auto type = flags.type ? vault::parse_vault_type(*flags.type) : VaultType::device_security;
  if (!type)
    return tl::unexpected(wrong("--type: SecureStorage, DeviceSecurity, CustomPasscode, InMemory or by-slots"));
  if (*type == VaultType::in_memory)
    return tl::unexpected(wrong("a vault in memory ends with its process; a program makes one (vault/memory_vault.h)"));
  protection.type = *type;
  if (*type != VaultType::device_security) protection.device_security = DeviceSecurityType::none;
  return {};
}

Status take_device_security(const ProtectionFlags& flags, VaultProtection& protection) {
  constexpr std::string_view kinds = "--device-security: Biometrics, SystemPasscode or Both";
  if (flags.device_security) {
    const auto kind = vault::parse_device_security_type(*flags.device_security);
    if (!kind) return tl::unexpected(wrong(kinds));
    protection.device_security = *kind;
  }
  const bool has_kind = protection.device_security != DeviceSecurityType::none;
  if (protection.type == VaultType::device_security && !has_kind) return tl::unexpected(wrong(kinds));
  if (protection.type != VaultType::device_security && has_kind)
    return tl::unexpected(wrong("--device-security is of the type DeviceSecurity"));
  return {};
}

Status take_presence(const ProtectionFlags& flags, VaultProtection& protection) {
  if (flags.minimum_presence) {
    const auto strength = protocol::parse_presence_strength(*flags.minimum_presence);
    if (!strength) return tl::unexpected(wrong("--minimum-presence: weak, strong or maximum"));
    protection.minimum_presence = *strength;
  }
  if (flags.on_enrolment_change) {
    const auto what = vault::parse_on_enrolment_change(*flags.on_enrolment_change);
    if (!what) return tl::unexpected(wrong("--on-enrolment-change: accept, refuse or refuse-and-drop"));
    protection.on_enrolment_change = *what;
  }
  return {};
}

Status take_destroying(const ProtectionFlags& flags, VaultProtection& protection) {
  if (!flags.destroy_takes_unlock) return {};
  if (*flags.destroy_takes_unlock != "yes" && *flags.destroy_takes_unlock != "no")
    return tl::unexpected(wrong("--destroy-takes-unlock takes yes or no"));
  protection.destroy_takes_unlock = *flags.destroy_takes_unlock == "yes";
  return {};
}

std::string presence_in_words(const vault::PresenceStatus& type) {
  const std::string_view state = type.problem            ? sentence_of(type.problem->code)
                                 : type.locked_out_until ? sentence_of(Code::locked_out)
                                                         : std::string_view("usable");
  return fmt::format("  {:<18} {:<7} {}\n", name_of(type.method), name_of(type.strength), state);
}

}  // namespace

bool ProtectionFlags::is_any_given() const {
  return type || device_security || minimum_presence || on_enrolment_change || destroy_takes_unlock;
}

void add_protection_flags(CLI::App& command, ProtectionFlags& flags) {
  command.add_option("--type", flags.type,
                     "SecureStorage (the device's key opens it), DeviceSecurity (the same, after the user was "
                     "recognised), CustomPasscode, InMemory, or by-slots (default: any)");
  command.add_option("--device-security", flags.device_security,
                     "Who recognises the user: Biometrics (a finger), SystemPasscode (the device's password), Both");
  command.add_option("--minimum-presence", flags.minimum_presence,
                     "Refuse to open when recognising the user is worth less: weak (default), strong, maximum");
  command.add_option("--on-enrolment-change", flags.on_enrolment_change,
                     "Other fingers than before: accept, refuse (default), refuse-and-drop (sessions go, too)");
  command.add_option("--destroy-takes-unlock", flags.destroy_takes_unlock,
                     "Whether destroying it takes unlocking it: yes, no (default)");
}

Result<VaultProtection> apply_flags(const ProtectionFlags& flags, VaultProtection protection) {
  TRY_DO(take_type(flags, protection));
  TRY_DO(take_device_security(flags, protection));
  TRY_DO(take_presence(flags, protection));
  TRY_DO(take_destroying(flags, protection));
  return protection;
}

bool is_opened_by_device(VaultType type) {
  return type == VaultType::secure_storage || type == VaultType::device_security;
}

vault::SlotKind default_slot(VaultType type, bool has_tpm) {
  if (!is_opened_by_device(type)) return vault::SlotKind::passcode;
  return has_tpm ? vault::SlotKind::tpm2 : vault::SlotKind::secret_service;
}

std::string describe(const VaultProtection& protection) {
  std::string out(vault::name_of(protection.type));
  if (protection.type == VaultType::device_security)
    out += fmt::format(" by {}; other fingers: {}; at least: {}", vault::name_of(protection.device_security),
                       vault::name_of(protection.on_enrolment_change), name_of(protection.minimum_presence));
  if (protection.destroy_takes_unlock) out += "; destroying it takes unlocking it";
  return out;
}

std::string to_json(const VaultProtection& protection) {
  return fmt::format(
      R"({{"type":{},"device_security":{},"minimum_presence":{},"on_enrolment_change":{},"destroy_takes_unlock":{}}})",
      json_quoted(vault::name_of(protection.type)), json_quoted(vault::name_of(protection.device_security)),
      json_quoted(name_of(protection.minimum_presence)), json_quoted(vault::name_of(protection.on_enrolment_change)),
      protection.destroy_takes_unlock);
}

std::string describe(const vault::Capabilities& capabilities) {
  std::string out = "this device recognises its user by:\n";
  for (const auto& type : capabilities.types) out += presence_in_words(type);
  return out + fmt::format("  keys in hardware: {}; keys released to a presence only: {}",
                           capabilities.secure_hardware ? "yes" : "no", capabilities.key_bound ? "yes" : "no");
}

}  // namespace latchkey::app
