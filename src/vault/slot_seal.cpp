#include "vault/slot_seal.h"

#include "crypto/hkdf.h"

namespace latchkey::vault {
namespace {

using SealingKey = Secret<struct SealingKeyTag>;

Bytes print_place(const SealPlace& place) {
  Bytes out(place.vault.begin(), place.vault.end());
  append_be(out, place.generation);
  append_be(out, place.slot);
  return out;
}

// Both public keys go in, as RFC 7748 section 6.1 asks.
Result<crypto::Aead> derive_aead(const crypto::SharedSecret& shared, const SlotAuthenticator& authenticator,
                                 const crypto::X25519Public& ephemeral, const crypto::X25519Public& slot,
                                 const SealPlace& place) {
  Bytes info;
  append(info, as_bytes("latchkey/v1/vault/slot-seal"));
  info.push_back(0);
  append(info, ephemeral);
  append(info, slot);
  append(info, print_place(place));
  auto key = SealingKey::zeroed(crypto::Aead::key_size);
  TRY_DO(crypto::hkdf_sha256(shared.reveal(), authenticator.reveal(), info, key.reveal_to_write()));
  return crypto::Aead::create(crypto::AeadAlgorithm::aes_256_gcm, key);
}

Result<crypto::X25519Key> parse_slot_key(const SlotKey& slot) {
  auto key = crypto::X25519Key::from_private(slot.reveal());
  if (!key) return fail(Code::vault_corrupted, "a slot's key");
  return key;
}

}  // namespace

Result<crypto::X25519Public> public_key_of(const SlotKey& slot) {
  TRY(const auto key, parse_slot_key(slot));
  return key.public_key();
}

SlotAuthenticator derive_authenticator(const SlotKey& slot) {
  return crypto::derive<SlotAuthenticatorTag>(slot, "latchkey/v1/vault/slot-authenticator");
}

Result<Bytes> seal_data_key(const crypto::X25519Public& slot, const SlotAuthenticator& authenticator,
                            const DataKey& key, const SealPlace& place) {
  const auto ephemeral = crypto::X25519Key::generate();
  TRY(const auto shared, ephemeral.agree(slot));
  TRY(const auto aead, derive_aead(shared, authenticator, ephemeral.public_key(), slot, place));
  TRY(const Bytes sealed, aead.seal(key.reveal(), print_place(place)));
  Bytes out(ephemeral.public_key().begin(), ephemeral.public_key().end());
  append(out, sealed);
  return out;
}

Result<DataKey> open_data_key(const SlotKey& slot, ByteView sealed, const SealPlace& place) {
  if (sealed.size() != sealed_data_key_size) return fail(Code::vault_corrupted, "a sealed data key");
  TRY(const auto key, parse_slot_key(slot));
  crypto::X25519Public ephemeral;
  std::copy_n(sealed.begin(), ephemeral.size(), ephemeral.begin());
  const auto shared = key.agree(ephemeral);
  if (!shared) return fail(Code::vault_corrupted, "a sealed data key");
  TRY(const auto aead, derive_aead(*shared, derive_authenticator(slot), ephemeral, key.public_key(), place));
  auto opened = aead.open_secret<DataKeyTag>(sealed.subspan(ephemeral.size()), print_place(place));
  if (!opened) return fail(Code::vault_corrupted, "a sealed data key");
  return opened;
}

}  // namespace latchkey::vault
