#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "crypto/key_agreement.h"
#include "crypto/p256.h"
#include "crypto/random.h"

namespace latchkey::crypto {
namespace {

using openssl::must;
using Number = openssl::Owned<bignum_st>;

constexpr std::size_t scalar_size = 32;

const EC_GROUP* group() {
  static const EC_GROUP* const p256_group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  must(p256_group != nullptr);
  return p256_group;
}

Number number_from(ByteView scalar) {
  Number number(BN_secure_new());
  must(number != nullptr && BN_bin2bn(scalar.data(), static_cast<int>(scalar.size()), number.get()) != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

bool is_scalar(ByteView bytes) {
  const Number number = number_from(bytes);
  return !BN_is_zero(number.get()) && BN_cmp(number.get(), EC_GROUP_get0_order(group())) < 0;
}

P256Public multiply_base(ByteView scalar) {
  P256Public out;
  const std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)> point(EC_POINT_new(group()), EC_POINT_free);
  must(point != nullptr);
  must(EC_POINT_mul(group(), point.get(), number_from(scalar).get(), nullptr, nullptr, nullptr) == 1);
  must(EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_UNCOMPRESSED, out.data(), out.size(), nullptr) ==
       out.size());
  return out;
}

openssl::Key key_pair(ByteView scalar, const P256Public& point) {
  const Number number = number_from(scalar);
  const openssl::Owned<ossl_param_bld_st> builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr &&
       OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
       OSSL_PARAM_BLD_push_BN_pad(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get(), scalar_size) == 1 &&
       OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
  const openssl::Owned<ossl_param_st> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const openssl::Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  must(parameters != nullptr && context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
       EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()) == 1);
  return {made, openssl::Free{}};
}

}  // namespace

P256Key::P256Key(Secret<P256ScalarTag> scalar) : scalar_(std::move(scalar)), public_(multiply_base(scalar_.reveal())) {}

P256Key P256Key::generate() {
  for (;;) {  // one draw in 2^32 is not below the order
    auto scalar = random_secret<P256ScalarTag>(scalar_size);
    if (is_scalar(scalar.reveal())) return P256Key(std::move(scalar));
  }
}

Result<P256Key> P256Key::from_private(ByteView scalar) {
  if (scalar.size() != scalar_size || !is_scalar(scalar)) return fail(Code::invalid_argument, "not a P-256 scalar");
  return P256Key(Secret<P256ScalarTag>::copy_of(scalar));
}

Status check_p256_point(ByteView point) {
  const openssl::ErrorQueueGuard guard;
  TRY_DO(p256::public_key(point));
  return {};
}

Result<SharedSecret> P256Key::agree(ByteView peer) const {
  const openssl::ErrorQueueGuard guard;
  TRY(const auto peer_key, p256::public_key(peer));  // checks that the point is on the curve
  const openssl::Key key = key_pair(scalar_.reveal(), public_);
  const openssl::Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  auto shared = SharedSecret::zeroed(scalar_size);
  std::size_t size = shared.size();
  must(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);
  if (EVP_PKEY_derive_set_peer_ex(context.get(), peer_key.get(), 0) != 1 ||
      EVP_PKEY_derive(context.get(), shared.reveal_to_write().data(), &size) != 1 || size != shared.size())
    return fail(Code::invalid_argument, "the peer's P-256 key gives no secret");
  return shared;
}

}  // namespace latchkey::crypto
