#include "vault/slot.h"

#include "protocol/limits/vault.h"
#include "vault/byte_reader.h"
#include "vault/slot_seal.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t slot_version = 1;

Result<SecurityLevel> parse_level(std::uint8_t value) {
  if (value < 1 || value > 3) return fail(Code::vault_corrupted, "slot: security level");
  return static_cast<SecurityLevel>(value);
}

Bytes authenticator_place(const Keyring& keys, std::uint32_t slot) {
  Bytes out;
  append(out, as_bytes("latchkey/v1/vault/slot-authenticator"));
  append(out, keys.context());
  append_be(out, slot);
  return out;
}

}  // namespace

Result<Bytes> seal_authenticator(const Keyring& keys, const SlotAuthenticator& authenticator, std::uint32_t slot) {
  return keys.keys().seal(authenticator.reveal(), authenticator_place(keys, slot));
}

Result<SlotAuthenticator> open_authenticator(const Keyring& keys, const Slot& slot) {
  auto opened =
      keys.keys().open_secret<SlotAuthenticatorTag>(slot.sealed_authenticator, authenticator_place(keys, slot.id));
  if (!opened) return fail(Code::vault_corrupted, "a slot's authenticator");
  return opened;
}

Bytes print_slot(const Slot& slot) {
  Bytes out;
  out.push_back(slot_version);
  out.push_back(static_cast<std::uint8_t>(slot.kind));
  out.push_back(static_cast<std::uint8_t>(slot.level));
  out.push_back(static_cast<std::uint8_t>(slot.portability));
  append_be(out, static_cast<std::uint64_t>(to_unix_millis(slot.created_at)));
  append_be(out, static_cast<std::uint8_t>(slot.label.size()));
  append(out, as_bytes(slot.label));
  append_be(out, static_cast<std::uint16_t>(slot.wrapped.parameters.size()));
  append(out, slot.wrapped.parameters);
  append_be(out, static_cast<std::uint16_t>(slot.wrapped.sealed.size()));
  append(out, slot.wrapped.sealed);
  append(out, slot.public_key);
  append(out, slot.sealed_data_key);
  append(out, slot.sealed_authenticator);
  return out;
}

Result<Slot> parse_slot(std::uint32_t id, ByteView body) {
  ByteReader reader(body);
  Slot slot;
  slot.id = id;
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version == 0) return fail(Code::vault_corrupted, "slot: version");
  if (version > slot_version) return fail(Code::future_version, "slot");
  TRY(const auto kind, reader.take_integer<std::uint8_t>());
  slot.kind = static_cast<SlotKind>(kind);
  TRY(const auto level, reader.take_integer<std::uint8_t>());
  TRY(slot.level, parse_level(level));
  TRY(const auto portability, reader.take_integer<std::uint8_t>());
  if (portability > 1) return fail(Code::vault_corrupted, "slot: portability");
  slot.portability = static_cast<Portability>(portability);
  TRY(const auto created_at, reader.take_integer<std::uint64_t>());
  slot.created_at = from_unix_millis(static_cast<std::int64_t>(created_at));
  TRY(const ByteView label, reader.take_block<std::uint8_t>());
  if (label.size() > protocol::limits::slot_label_bytes) return fail(Code::vault_corrupted, "slot: label");
  slot.label = as_text(label);
  TRY(const ByteView parameters, reader.take_block<std::uint16_t>());
  if (parameters.size() > protocol::limits::slot_parameters_bytes)
    return fail(Code::vault_corrupted, "slot: parameters");
  slot.wrapped.parameters.assign(parameters.begin(), parameters.end());
  TRY(const ByteView sealed, reader.take_block<std::uint16_t>());
  if (sealed.size() > protocol::limits::slot_sealed_bytes) return fail(Code::vault_corrupted, "slot: sealed");
  slot.wrapped.sealed.assign(sealed.begin(), sealed.end());
  TRY(slot.public_key, reader.take_array<32>());
  TRY(const ByteView data_key, reader.take(sealed_data_key_size));
  slot.sealed_data_key.assign(data_key.begin(), data_key.end());
  TRY(const ByteView authenticator, reader.take(sealed_authenticator_size));
  slot.sealed_authenticator.assign(authenticator.begin(), authenticator.end());
  TRY_DO(reader.expect_end());
  return slot;
}

}  // namespace latchkey::vault
