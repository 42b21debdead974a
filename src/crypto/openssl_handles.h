// OpenSSL objects as owned values, and its algorithms fetched once. Inside this module only; names no OpenSSL header.
#pragma once

#include <memory>

#include "base/result.h"
#include "crypto/aead.h"

struct evp_md_st;
struct evp_md_ctx_st;
struct evp_mac_st;
struct evp_mac_ctx_st;
struct evp_kdf_st;
struct evp_kdf_ctx_st;
struct evp_cipher_st;
struct evp_cipher_ctx_st;
struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct bignum_st;
struct ECDSA_SIG_st;
struct pkcs8_priv_key_info_st;
struct ossl_param_st;
struct ossl_param_bld_st;

namespace latchkey::crypto::openssl {

struct Free {
  void operator()(evp_md_ctx_st* object) const;
  void operator()(evp_mac_ctx_st* object) const;
  void operator()(evp_kdf_ctx_st* object) const;
  void operator()(evp_cipher_ctx_st* object) const;
  void operator()(evp_pkey_st* object) const;
  void operator()(evp_pkey_ctx_st* object) const;
  void operator()(bignum_st* object) const;
  void operator()(ECDSA_SIG_st* object) const;
  void operator()(pkcs8_priv_key_info_st* object) const;
  void operator()(ossl_param_st* object) const;
  void operator()(ossl_param_bld_st* object) const;
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Fetched at first use and kept for the life of the process: fetching costs more than a short hash. Thread-safe.
const evp_md_st* sha256_algorithm();
evp_mac_st* hmac_algorithm();
evp_kdf_st* hkdf_algorithm();
const evp_cipher_st* cipher_algorithm(AeadAlgorithm algorithm);

// Aborts with a log line. For calls that can only fail when the library or the memory is broken, never for untrusted
// input.
void must(bool succeeded);

// Takes back what a scope added to the thread's error queue: a refused signature must not look like a failed TLS read
// to whoever asks next.
class ErrorQueueGuard final {
 public:
  ErrorQueueGuard();
  ~ErrorQueueGuard();
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace latchkey::crypto::openssl
