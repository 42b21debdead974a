// What the OpenSSL-backed signature algorithms share: keys in and out of DER, contexts ready to sign or verify. Inside
// this module only.
#pragma once

#include "base/bytes.h"
#include "crypto/context_pool.h"
#include "crypto/signature.h"

namespace latchkey::crypto::openssl {

using Key = std::shared_ptr<evp_pkey_st>;

// Longer than any key we take (RSA-4096 in PKCS#8 is 2.4 KiB), short enough to parse for anyone.
inline constexpr std::size_t max_key_der_size = 8192;

// A PKCS#8 PrivateKeyInfo that fills `der` to the last byte. Fails: invalid_format.
Result<Key> parse_pkcs8(ByteView der);
// Fails: crypto_failed.
Result<PrivateKeyDer> print_pkcs8(const Key& key);

// A public key from OSSL_PARAMs. Fails: invalid_argument (the library's own checks: a point not on the curve).
Result<Key> public_key_from(const char* type, ossl_param_st* parameters);

// Applies to a fresh context the algorithm's own settings; aborts when it cannot.
using Configure = void (*)(evp_pkey_ctx_st*);
ContextPool<evp_pkey_ctx_st>::Make make_signing_context(Key key, Configure configure);
ContextPool<evp_pkey_ctx_st>::Make make_verifying_context(Key key, Configure configure);

}  // namespace latchkey::crypto::openssl
