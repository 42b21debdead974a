#include "vault/slot_making.h"

#include <algorithm>

#include "crypto/random.h"
#include "protocol/limits/vault.h"

namespace latchkey::vault {
namespace {

Status check_request(const SlotRequest& request) {
  if (request.label.size() > protocol::limits::slot_label_bytes)
    return fail(Code::invalid_argument, "a label has at most 64 bytes");
  return {};
}

}  // namespace

Result<Slot> make_slot(const UnlockParts& parts, const SlotRequest& request, const Header& header, std::uint32_t id,
                       const Keyring& keys, const Prompt& prompt) {
  TRY_DO(check_request(request));
  KeyStore* const store = find_key_store(parts.key_stores, request.kind);
  if (store == nullptr) return fail(Code::unsupported, name_of(request.kind));
  if (store->level() < header.minimum_level) return fail(Code::unsupported, "below the vault's minimum security level");
  Slot slot{.id = id,
            .kind = request.kind,
            .level = store->level(),
            .portability = store->portability(),
            .created_at = parts.clock.now(),
            .label = request.label,
            .public_key = {},
            .wrapped = {},
            .sealed_data_key = {},
            .sealed_authenticator = {}};
  const SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
  const SlotAuthenticator authenticator = derive_authenticator(key);
  TRY(slot.public_key, public_key_of(key));
  TRY(slot.sealed_data_key,
      seal_data_key(slot.public_key, authenticator, keys.data_key(), {header.id, header.generation, id}));
  TRY(slot.sealed_authenticator, seal_authenticator(keys, authenticator, id));
  TRY(slot.wrapped, store->wrap(key, {header.id, id}, prompt));
  return slot;
}

void forget_slots(const UnlockParts& parts, std::span<const Slot> slots) {
  for (const Slot& slot : slots)
    if (KeyStore* const store = find_key_store(parts.key_stores, slot.kind))
      static_cast<void>(store->forget(slot.wrapped));
}

std::uint32_t next_slot_id(std::span<const Slot> slots) {
  std::uint32_t highest = 0;
  for (const Slot& slot : slots) highest = std::max(highest, slot.id);
  return highest + 1;
}

Result<EnrolmentDigest> enrol_for(const UnlockParts& parts, const VaultProtection& protection,
                                  std::span<const Slot> slots, const Prompt& prompt) {
  const auto gated =
      std::ranges::find_if(slots, [&](const Slot& slot) { return needs_presence(protection, slot.kind); });
  if (gated == slots.end()) return EnrolmentDigest{};
  const KeyStore* const store = find_key_store(parts.key_stores, gated->kind);
  if (store == nullptr) return fail(Code::unsupported, name_of(gated->kind));
  TRY(const Recognition seen, recognise(parts.presences, protection, *store, gated->wrapped, prompt));
  if (seen.is_primary) return seen.enrolment;
  return primary_enrolment(parts.presences, protection).value_or(EnrolmentDigest{});
}

}  // namespace latchkey::vault
