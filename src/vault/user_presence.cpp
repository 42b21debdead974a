#include "vault/user_presence.h"

#include <algorithm>

namespace latchkey::vault {
namespace {

bool is_usable(const PresenceStatus& status) {
  return status.is_available && status.is_enrolled && status.permission != Permission::denied &&
         !status.locked_out_until && !status.problem;
}

// The best of them: what one type refuses, another may grant.
Permission best_permission(std::span<const PresenceStatus> types) {
  const auto any = [&](Permission wanted) {
    return std::ranges::any_of(types, [&](const auto& type) { return type.permission == wanted; });
  };
  if (any(Permission::granted)) return Permission::granted;
  return any(Permission::denied) ? Permission::denied : Permission::unknown;
}

std::optional<Instant> first_release(std::span<const PresenceStatus> types) {
  std::optional<Instant> first;
  for (const auto& type : types) {
    if (is_usable(type)) return std::nullopt;
    if (type.locked_out_until && (!first || *type.locked_out_until < *first)) first = type.locked_out_until;
  }
  return first;
}

}  // namespace

std::string_view name_of(Permission permission) {
  switch (permission) {
    case Permission::granted:
      return "granted";
    case Permission::denied:
      return "denied";
    case Permission::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name_of(PresenceHint hint) {
  constexpr std::string_view names[] = {"touch",           "swipe-longer", "center",
                                        "lift-and-repeat", "repeat",       "not-recognised"};
  return names[static_cast<std::size_t>(hint)];
}

EnrolmentDigest digest_of_enrolment(PresenceMethod method, std::vector<std::string> names) {
  std::ranges::sort(names);
  crypto::Sha256 digest;
  Bytes head;
  append(head, as_bytes("latchkey/v1/presence/enrolment"));
  head.push_back(0);
  head.push_back(static_cast<std::uint8_t>(method));
  digest.update(head);
  for (const std::string& name : names) {
    Bytes size;
    append_be(size, static_cast<std::uint32_t>(name.size()));
    digest.update(size);
    digest.update(as_bytes(name));
  }
  return digest.finish();
}

Capabilities get_capabilities(std::span<const std::unique_ptr<UserPresence>> presences,
                              std::span<const std::unique_ptr<KeyStore>> key_stores) {
  Capabilities out;
  for (const auto& presence : presences) out.types.push_back(presence->status());
  for (const auto& type : out.types) {
    const bool is_credential = type.method == PresenceMethod::device_credential;
    if (is_usable(type)) out.strength = std::max(out.strength.value_or(type.strength), type.strength);
    out.enrolled |= type.is_enrolled && !is_credential;
    out.device_credential |= is_credential && type.is_available && type.is_enrolled;
    out.key_bound |= type.key_bound;
  }
  out.permission = best_permission(out.types);
  out.locked_out_until = first_release(out.types);
  out.secure_hardware =
      std::ranges::any_of(key_stores, [](const auto& store) { return store->level() > SecurityLevel::software; });
  return out;
}

}  // namespace latchkey::vault
