// P-256 public keys as OpenSSL takes them and as DER, for signatures and key agreement alike. Inside this module only.
#pragma once

#include "crypto/key_agreement.h"
#include "crypto/openssl_keys.h"

namespace latchkey::crypto::p256 {

// Fails: invalid_argument (not on the curve).
Result<openssl::Key> public_key(ByteView uncompressed_point);
Bytes print_spki(const P256Public& point);

// The public point that a private key carries. Fails: invalid_argument (not a P-256 key).
Result<P256Public> point_of(const openssl::Key& key);

}  // namespace latchkey::crypto::p256
