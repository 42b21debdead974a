// The data key of a generation, sealed to a slot: X25519 with a fresh key, HKDF-SHA-256, AES-256-GCM. Whoever holds the
// slot's private key opens it; sealing needs the public key and the slot's authenticator, which an unlocked vault
// knows. So the data key can be rotated while the slots' stores are locked or away, a data key that leaked does not
// lead to the next one, and a stranger who can write the file cannot slip in a data key of his own.
#pragma once

#include "crypto/aead.h"
#include "crypto/key_agreement.h"
#include "vault/key_store.h"

namespace latchkey::vault {

using DataKey = Secret<struct DataKeyTag>;  // 32 random bytes; one per generation of a vault

inline constexpr std::size_t data_key_size = 32;
inline constexpr std::size_t sealed_data_key_size = 32 + data_key_size + crypto::Aead::overhead;

// Derived from the slot's key ("latchkey/v1/vault/slot-authenticator"), and kept in the slot under the data key.
using SlotAuthenticator = Secret<struct SlotAuthenticatorTag>;  // 32 bytes
inline constexpr std::size_t sealed_authenticator_size = 32 + crypto::Aead::overhead;
SlotAuthenticator derive_authenticator(const SlotKey& slot);

struct SealPlace {
  VaultId vault;
  std::uint32_t generation;
  std::uint32_t slot;
};

// ephemeral public key(32) | nonce(12) | ciphertext(32) | tag(16). Fails: invalid_argument (a key of low order).
Result<Bytes> seal_data_key(const crypto::X25519Public& slot, const SlotAuthenticator& authenticator,
                            const DataKey& key, const SealPlace& place);
// Fails: vault_corrupted (altered, another slot's, another place's, or sealed by a stranger).
Result<DataKey> open_data_key(const SlotKey& slot, ByteView sealed, const SealPlace& place);
// The public half. Fails: vault_corrupted (a key not of 32 bytes).
Result<crypto::X25519Public> public_key_of(const SlotKey& slot);

}  // namespace latchkey::vault
