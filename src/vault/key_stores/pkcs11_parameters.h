// What a PKCS#11 slot keeps in the vault's file.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault {

// The numbers are written into files.
enum class Pkcs11Mechanism : std::uint8_t {
  aes_256_gcm = 1,      // the token's AES key seals the slot's key, with its place as associated data
  rsa_oaep_sha256 = 2,  // the token's RSA key opens a random key, which seals the slot's key
  rsa_oaep_sha1 = 3,    // the same for tokens without SHA-256 in OAEP, whose safety does not rest on the hash's
  ecdh_p256 = 4,        // the token's P-256 key agrees with a key of one use on a key, which seals the slot's key
};

// For new slots: "aes", "rsa", "ec". Fails: invalid_argument.
Result<Pkcs11Mechanism> parse_pkcs11_mechanism(std::string_view name);

// version(1) = 1 | mechanism(1) | CKA_ID of the key(16) | label of the token(1 + n, 1 to 32 bytes) | what the token
// makes the key of(2 + n). That is nothing with AES; with RSA a random key under it, 256 to 1,024 bytes; with ECDH the
// public points, uncompressed(65): the token's, then that of the key of one use.
struct Pkcs11Parameters {
  Pkcs11Mechanism mechanism;
  ByteArray<16> id;
  std::string token;
  Bytes encrypted_key;  // or the two points
};

Bytes print_pkcs11_parameters(const Pkcs11Parameters& parameters);
// Fails: vault_corrupted, future_version.
Result<Pkcs11Parameters> parse_pkcs11_parameters(ByteView bytes);

}  // namespace latchkey::vault
