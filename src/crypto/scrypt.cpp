#include "crypto/scrypt.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/openssl_handles.h"

namespace latchkey::crypto {
namespace {

constexpr std::uint32_t max_log2_cost = 24;  // 16 GiB: beyond it nobody means it
constexpr std::uint32_t max_block_size = 32;
constexpr std::uint32_t max_parallelism = 64;

bool is_sane(const ScryptCost& cost) {
  return cost.log2_cost >= 1 && cost.log2_cost <= max_log2_cost && cost.block_size >= 1 &&
         cost.block_size <= max_block_size && cost.parallelism >= 1 && cost.parallelism <= max_parallelism;
}

// An empty one needs an address, too.
OSSL_PARAM scrypt_octets(const char* name, ByteView bytes) {
  static const std::uint8_t nothing = 0;
  const std::uint8_t* at = bytes.empty() ? &nothing : bytes.data();
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(at), bytes.size());
}

}  // namespace

Status scrypt(ByteView passphrase, ByteView salt, const ScryptCost& cost, MutableBytes out) {
  if (!is_sane(cost) || out.empty()) return fail(Code::invalid_argument, "scrypt cost");
  std::uint64_t n = std::uint64_t{1} << cost.log2_cost;
  std::uint32_t r = cost.block_size;
  std::uint32_t p = cost.parallelism;
  std::uint64_t memory = 128 * std::uint64_t{r} * (n + p + 2);
  const openssl::ErrorQueueGuard guard;
  const openssl::Owned<evp_kdf_ctx_st> context(EVP_KDF_CTX_new(openssl::scrypt_algorithm()));
  openssl::must(context != nullptr);
  const OSSL_PARAM parameters[] = {scrypt_octets(OSSL_KDF_PARAM_PASSWORD, passphrase),
                                   scrypt_octets(OSSL_KDF_PARAM_SALT, salt),
                                   OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                                   OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
                                   OSSL_PARAM_construct_end()};
  if (EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) != 1)
    return fail(Code::crypto_failed, "scrypt: not enough memory");
  return {};
}

}  // namespace latchkey::crypto
