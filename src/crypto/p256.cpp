#include "crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace latchkey::crypto {
namespace {

constexpr const char* curve = "prime256v1";

// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes }: everything of the SubjectPublicKeyInfo
// (RFC 5480) before the point. With the curve named and the point uncompressed, DER leaves no other form.
constexpr ByteArray<26> p256_spki_head{0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                       0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

}  // namespace

Result<P256Public> parse_p256_spki(ByteView der) {
  P256Public point;
  if (der.size() != p256_spki_head.size() + point.size() ||
      !std::equal(p256_spki_head.begin(), p256_spki_head.end(), der.begin()))
    return fail(Code::invalid_format, "not the public key of a named P-256 curve");
  std::copy_n(der.last(point.size()).begin(), point.size(), point.begin());
  if (point[0] != 0x04) return fail(Code::invalid_format, "not an uncompressed point");
  return point;
}

namespace p256 {

Result<openssl::Key> public_key(ByteView point) {
  if (point.size() != std::tuple_size_v<P256Public> || point[0] != 0x04)
    return fail(Code::invalid_argument, "not an uncompressed P-256 point");
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>(curve), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  return openssl::public_key_from("EC", parameters);
}

Bytes print_spki(const P256Public& point) {
  Bytes der(p256_spki_head.begin(), p256_spki_head.end());
  append(der, point);
  return der;
}

Result<P256Public> point_of(const openssl::Key& key) {
  const openssl::ErrorQueueGuard guard;
  char group[32];
  P256Public point;
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key.get(), "EC") != 1 ||
      EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) != 1 ||
      std::string_view(group, size) != curve)
    return fail(Code::invalid_argument, "not a P-256 key");
  if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) != 1 ||
      size != point.size() || point[0] != 0x04)
    return fail(Code::invalid_argument, "the P-256 key carries no uncompressed point");
  return point;
}

}  // namespace p256
}  // namespace latchkey::crypto
