#include "vault/vault_type.h"

#include <array>
#include <utility>

namespace latchkey::vault {
namespace {

template <class Enum>
struct Named {
  Enum value;
  std::string_view name;
  std::string_view of_ionic;
};

constexpr std::array vault_types{
    Named{VaultType::by_slots, "by-slots", ""},
    Named{VaultType::secure_storage, "secure-storage", "SecureStorage"},
    Named{VaultType::device_security, "device-security", "DeviceSecurity"},
    Named{VaultType::custom_passcode, "custom-passcode", "CustomPasscode"},
    Named{VaultType::in_memory, "in-memory", "InMemory"},
};
constexpr std::array device_security_types{
    Named{DeviceSecurityType::none, "none", "None"},
    Named{DeviceSecurityType::biometrics, "biometrics", "Biometrics"},
    Named{DeviceSecurityType::system_passcode, "system-passcode", "SystemPasscode"},
    Named{DeviceSecurityType::both, "both", "Both"},
};

constexpr std::array enrolment_changes{
    Named{OnEnrolmentChange::accept, "accept", ""},
    Named{OnEnrolmentChange::refuse, "refuse", ""},
    Named{OnEnrolmentChange::refuse_and_drop, "refuse-and-drop", ""},
};

template <class Enum, std::size_t N>
std::string_view find_name(const std::array<Named<Enum>, N>& all, Enum value) {
  for (const auto& one : all)
    if (one.value == value) return one.name;
  return "unknown";
}

template <class Enum, std::size_t N>
Result<Enum> find_value(const std::array<Named<Enum>, N>& all, std::string_view name) {
  for (const auto& one : all)
    if (!name.empty() && (one.name == name || one.of_ionic == name)) return one.value;
  return fail(Code::invalid_argument, "no such name");
}

}  // namespace

std::string_view name_of(VaultType type) { return find_name(vault_types, type); }
std::string_view name_of(DeviceSecurityType type) { return find_name(device_security_types, type); }
Result<VaultType> parse_vault_type(std::string_view name) { return find_value(vault_types, name); }
std::string_view name_of(OnEnrolmentChange what) { return find_name(enrolment_changes, what); }
Result<OnEnrolmentChange> parse_on_enrolment_change(std::string_view name) {
  return find_value(enrolment_changes, name);
}
Result<DeviceSecurityType> parse_device_security_type(std::string_view name) {
  return find_value(device_security_types, name);
}

}  // namespace latchkey::vault
