#include "crypto/hkdf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/wiping.h"
#include "crypto/openssl_handles.h"

namespace latchkey::crypto {
namespace {

OSSL_PARAM octets(const char* name, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

Status hkdf_sha256(ByteView key, ByteView salt, ByteView info, MutableBytes out) {
  if (key.empty() || out.empty() || out.size() > hkdf_sha256_max_size) return fail(Code::invalid_argument, "HKDF size");
  const openssl::Owned<evp_kdf_ctx_st> context(EVP_KDF_CTX_new(openssl::hkdf_algorithm()));
  openssl::must(context != nullptr);
  std::vector<OSSL_PARAM> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>("SHA2-256"), 0),
      octets(OSSL_KDF_PARAM_KEY, key)};
  if (!salt.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, salt));
  if (!info.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_INFO, info));
  parameters.push_back(OSSL_PARAM_construct_end());
  openssl::must(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) == 1);
  return {};
}

void derive_into(ByteView parent, std::string_view label, ByteView context, MutableBytes out) {
  Bytes info;
  info.reserve(label.size() + 1 + context.size());
  append(info, as_bytes(label));
  info.push_back(0);
  append(info, context);
  openssl::must(hkdf_sha256(parent, {}, info, out).has_value());
}

}  // namespace latchkey::crypto
