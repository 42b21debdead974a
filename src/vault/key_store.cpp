#include "vault/key_store.h"

#include <array>
#include <utility>

namespace latchkey::vault {
namespace {

constexpr std::array<std::pair<SlotKind, std::string_view>, 11> slot_kind_names{{
    {SlotKind::passcode, "passcode"},
    {SlotKind::secret_service, "secret-service"},
    {SlotKind::tpm2, "tpm2"},
    {SlotKind::pkcs11, "pkcs11"},
    {SlotKind::recovery_code, "recovery-code"},
    {SlotKind::kernel_keyring, "kernel-keyring"},
    {SlotKind::in_memory, "in-memory"},
    {SlotKind::dpapi, "dpapi"},
    {SlotKind::android_keystore, "android-keystore"},
    {SlotKind::apple_keychain, "apple-keychain"},
    {SlotKind::passkey_prf, "passkey-prf"},
}};

}  // namespace

std::string_view name_of(SlotKind kind) {
  for (const auto& [known, name] : slot_kind_names)
    if (known == kind) return name;
  return "unknown";
}

Result<SlotKind> parse_slot_kind(std::string_view name) {
  for (const auto& [kind, known] : slot_kind_names)
    if (known == name) return kind;
  return fail(Code::invalid_argument, "no such kind of slot");
}

std::string_view name_of(SecurityLevel level) {
  switch (level) {
    case SecurityLevel::software:
      return "software";
    case SecurityLevel::trusted_hardware:
      return "trusted-hardware";
    case SecurityLevel::separate_hardware:
      return "separate-hardware";
  }
  return "unknown";
}

Bytes print_binding(SlotKind kind, const SlotBinding& binding) {
  Bytes out;
  append(out, as_bytes("latchkey/v1/vault/slot"));
  out.push_back(static_cast<std::uint8_t>(kind));
  append(out, binding.vault);
  append_be(out, binding.slot);
  return out;
}

}  // namespace latchkey::vault
