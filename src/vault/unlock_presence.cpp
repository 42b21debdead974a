#include "vault/unlock_presence.h"

#include <array>

#include "vault/signing_key.h"

namespace latchkey::vault {
namespace {

enum class Way { biometrics, system_passcode };

// A scripted presence is neither: a program that answers for the user must not open a vault by mistake.
bool is_by(PresenceMethod method, Way way) {
  switch (method) {
    case PresenceMethod::fingerprint:
    case PresenceMethod::face:
    case PresenceMethod::iris:
      return way == Way::biometrics;
    case PresenceMethod::device_credential:
      return way == Way::system_passcode;
    case PresenceMethod::scripted:
      break;
  }
  return false;
}

UserPresence* find_presence(Presences presences, Way way) {
  for (const auto& presence : presences)
    if (is_by(presence->method(), way)) return presence.get();
  return nullptr;
}

std::span<const Way> ways_of(DeviceSecurityType type) {
  static constexpr std::array all{Way::biometrics, Way::system_passcode};
  switch (type) {
    case DeviceSecurityType::biometrics:
      return std::span(all).first(1);
    case DeviceSecurityType::system_passcode:
      return std::span(all).last(1);
    case DeviceSecurityType::both:
      return all;
    case DeviceSecurityType::none:
      break;
  }
  return {};
}

// Only where the first way could not be asked; an answer, even a no, is final.
bool may_fall_back(const Error& error) {
  switch (error.code) {
    case Code::not_enrolled:
    case Code::permission_denied:
    case Code::temporarily_unavailable:
    case Code::locked_out:
    case Code::unsupported:
      return true;
    default:
      return false;
  }
}

PresenceStrength strength_with(PresenceStrength presence, const KeyStore& store, const WrappedKey& wrapped) {
  return achieved_strength(presence, {store.level(), store.asks_for_passcode(wrapped)});
}

Error unavailable(Way way) {
  return {Code::unsupported, way == Way::biometrics ? "no biometrics" : "no system passcode"};
}

}  // namespace

bool needs_presence(const VaultProtection& protection, SlotKind kind) {
  return protection.type == VaultType::device_security && !is_users_own(kind);
}

Result<Recognition> recognise(Presences presences, const VaultProtection& protection, const KeyStore& store,
                              const WrappedKey& wrapped, const Prompt& prompt) {
  Error last{Code::unsupported, "user presence"};
  bool is_primary = true;
  for (const Way way : ways_of(protection.device_security)) {
    UserPresence* const presence = find_presence(presences, way);
    if (presence == nullptr) {
      last = unavailable(way);
    } else if (strength_with(presence->status().strength, store, wrapped) < protection.minimum_presence) {
      last = {Code::unsupported, "below the vault's minimum presence"};
    } else {
      const auto checked = presence->check(prompt);
      if (checked && strength_with(checked->strength(), store, wrapped) < protection.minimum_presence)
        return fail(Code::unsupported, "below the vault's minimum presence");
      if (checked) return Recognition{checked->method(), checked->enrolment(), is_primary};
      if (!may_fall_back(checked.error())) return tl::unexpected(checked.error());
      last = checked.error();
    }
    is_primary = false;
  }
  return tl::unexpected(last);
}

Result<EnrolmentDigest> primary_enrolment(Presences presences, const VaultProtection& protection) {
  const auto ways = ways_of(protection.device_security);
  UserPresence* const presence = ways.empty() ? nullptr : find_presence(presences, ways.front());
  if (presence == nullptr) return fail(Code::unsupported, "user presence");
  return presence->enrolment_digest();
}

PresenceOutlook look_at_presence(Presences presences, const VaultProtection& protection, const KeyStore& store,
                                 const WrappedKey& wrapped) {
  PresenceOutlook outlook{.problem = Error{Code::unsupported, "user presence"}, .strength = {}};
  for (const Way way : ways_of(protection.device_security)) {
    UserPresence* const presence = find_presence(presences, way);
    if (presence == nullptr) continue;
    const PresenceStatus status = presence->status();
    const PresenceStrength strength = strength_with(status.strength, store, wrapped);
    outlook.problem = status.problem;
    if (!status.is_available && !outlook.problem) outlook.problem = Error{Code::temporarily_unavailable, {}};
    if (!status.is_enrolled && !outlook.problem) outlook.problem = Error{Code::not_enrolled, {}};
    if (strength < protection.minimum_presence)
      outlook.problem = Error{Code::unsupported, "below the vault's minimum presence"};
    if (outlook.problem) continue;
    outlook.strength = strength;
    outlook.is_key_bound = status.key_bound;
    break;
  }
  return outlook;
}

}  // namespace latchkey::vault
