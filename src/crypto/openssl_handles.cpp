#include "crypto/openssl_handles.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <cstdlib>

#include "base/log.h"

namespace latchkey::crypto::openssl {
namespace {

template <class T>
T* fetched(T* algorithm) {
  must(algorithm != nullptr);
  return algorithm;
}

}  // namespace

void Free::operator()(evp_md_ctx_st* object) const { EVP_MD_CTX_free(object); }
void Free::operator()(evp_mac_ctx_st* object) const { EVP_MAC_CTX_free(object); }
void Free::operator()(evp_kdf_ctx_st* object) const { EVP_KDF_CTX_free(object); }
void Free::operator()(evp_cipher_ctx_st* object) const { EVP_CIPHER_CTX_free(object); }
void Free::operator()(evp_pkey_st* object) const { EVP_PKEY_free(object); }
void Free::operator()(evp_pkey_ctx_st* object) const { EVP_PKEY_CTX_free(object); }
void Free::operator()(bignum_st* object) const { BN_clear_free(object); }
void Free::operator()(ECDSA_SIG_st* object) const { ECDSA_SIG_free(object); }
void Free::operator()(pkcs8_priv_key_info_st* object) const { PKCS8_PRIV_KEY_INFO_free(object); }
void Free::operator()(ossl_param_st* object) const { OSSL_PARAM_free(object); }
void Free::operator()(ossl_param_bld_st* object) const { OSSL_PARAM_BLD_free(object); }

const evp_md_st* sha256_algorithm() {
  static const EVP_MD* const algorithm = fetched(EVP_MD_fetch(nullptr, "SHA2-256", nullptr));
  return algorithm;
}

evp_mac_st* hmac_algorithm() {
  static EVP_MAC* const algorithm = fetched(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  return algorithm;
}

evp_kdf_st* hkdf_algorithm() {
  static EVP_KDF* const algorithm = fetched(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  return algorithm;
}

const evp_cipher_st* cipher_algorithm(AeadAlgorithm algorithm) {
  static const EVP_CIPHER* const gcm = fetched(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  static const EVP_CIPHER* const chacha = fetched(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr));
  return algorithm == AeadAlgorithm::aes_256_gcm ? gcm : chacha;
}

void must(bool succeeded) {
  if (succeeded) return;
  log::error("the cryptographic library failed where it cannot");
  std::abort();
}

ErrorQueueGuard::ErrorQueueGuard() { ERR_set_mark(); }
ErrorQueueGuard::~ErrorQueueGuard() { ERR_pop_to_mark(); }

}  // namespace latchkey::crypto::openssl
