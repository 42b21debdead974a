// What a PKCS#11 slot does on the token: make a key that never leaves it, use it, remove it.
#pragma once

#include "vault/key_stores/key_wrap.h"
#include "vault/key_stores/pkcs11_parameters.h"
#include "vault/pkcs11/token.h"

namespace latchkey::vault {

using TokenKeyId = ByteArray<16>;  // CKA_ID, random: what tells our keys from everybody else's

// The best that the token offers: AES-GCM, else RSA-OAEP, else ECDH. Fails: unsupported.
Result<Pkcs11Mechanism> choose_mechanism(const pkcs11::Module& module, const pkcs11::Token& token);

// A new key under `id`: sensitive, not extractable. Fails: unsupported (the token makes keys that can leave it, or does
// not make them), storage_full.
Status generate_token_key(const pkcs11::Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id);
// Every object of that id. Gone already is ok.
Status destroy_token_key(const pkcs11::Session& session, const TokenKeyId& id);

// AES-256-GCM: nonce(12) | ciphertext(32) | tag(16). Opening fails: key_missing, authentication_failed.
Result<Bytes> seal_with_token(const pkcs11::Session& session, const TokenKeyId& id, const SlotKey& key,
                              ByteView associated_data);
Result<SlotKey> open_with_token(const pkcs11::Session& session, const TokenKeyId& id, ByteView sealed,
                                ByteView associated_data);

// RSA-OAEP of a wrapping key. Encrypting fails: unsupported (the token does not take that hash). Decrypting fails:
// key_missing, authentication_failed.
Result<Bytes> encrypt_for_token(const pkcs11::Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                const WrappingKey& key);
Result<WrappingKey> decrypt_with_token(const pkcs11::Session& session, Pkcs11Mechanism mechanism, const TokenKeyId& id,
                                       ByteView encrypted);

}  // namespace latchkey::vault
