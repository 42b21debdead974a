// ECDSA on P-256 with SHA-256.
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/digest.h"
#include "crypto/p256.h"
#include "crypto/signature_core.h"

namespace latchkey::crypto {
namespace {

using openssl::must;

constexpr std::size_t raw_size = 64;
constexpr std::size_t max_der_size = 72;  // SEQUENCE of two INTEGERs of at most 33 bytes

void use_sha256(EVP_PKEY_CTX* context) {
  must(EVP_PKEY_CTX_set_signature_md(context, openssl::sha256_algorithm()) == 1);
}

P256Public point_from(const EcPublic& parameters) {
  P256Public point;
  point[0] = 0x04;
  std::copy(parameters.x.begin(), parameters.x.end(), point.begin() + 1);
  std::copy(parameters.y.begin(), parameters.y.end(), point.begin() + 33);
  return point;
}

EcPublic parameters_from(const P256Public& point) {
  EcPublic parameters;
  std::copy_n(point.begin() + 1, 32, parameters.x.begin());
  std::copy_n(point.begin() + 33, 32, parameters.y.begin());
  return parameters;
}

Status raw_from_der(ByteView der, MutableBytes raw) {
  const std::uint8_t* at = der.data();
  const openssl::Owned<ECDSA_SIG_st> pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!pair || at != der.data() + der.size() || BN_is_negative(ECDSA_SIG_get0_r(pair.get())) ||
      BN_is_negative(ECDSA_SIG_get0_s(pair.get())) ||
      BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), 32) != 32 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.subspan(32).data(), 32) != 32)
    return fail(Code::invalid_format, "not an ECDSA signature in DER");
  return {};
}

// Answers the size; `der` holds max_der_size bytes.
std::size_t der_from_raw(ByteView raw, std::uint8_t* der) {
  const openssl::Owned<ECDSA_SIG_st> pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(raw.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(raw.subspan(32).data(), 32, nullptr);
  must(pair != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1);
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  must(size > 0);
  return static_cast<std::size_t>(size);
}

struct Es256Verifying final : VerifyingKey::Core {
  Es256Verifying(const EcPublic& its_parameters, openssl::Key key)
      : Core(SignatureAlgorithm::es256, its_parameters),
        contexts(openssl::make_verifying_context(std::move(key), use_sha256)) {}

  bool verify(ByteView message, ByteView signature) const override {
    if (signature.size() != raw_size) return false;
    const openssl::ErrorQueueGuard guard;
    ByteArray<max_der_size> der;
    const std::size_t size = der_from_raw(signature, der.data());
    const Sha256Digest digest = sha256(message);
    const auto context = contexts.lend();
    return EVP_PKEY_verify(context.get(), der.data(), size, digest.data(), digest.size()) == 1;
  }

  Bytes to_spki() const override { return p256::print_spki(point_from(std::get<EcPublic>(parameters))); }

  ContextPool<evp_pkey_ctx_st> contexts;
};

struct Es256Signing final : SigningKey::Core {
  Es256Signing(VerifyingKey its_public, openssl::Key its_key)
      : Core(std::move(its_public)),
        key(its_key),
        contexts(openssl::make_signing_context(std::move(its_key), use_sha256)) {}

  Result<Signature> sign(ByteView message) const override {
    const openssl::ErrorQueueGuard guard;
    ByteArray<max_der_size> der;
    std::size_t size = der.size();
    const Sha256Digest digest = sha256(message);
    const auto context = contexts.lend();
    if (EVP_PKEY_sign(context.get(), der.data(), &size, digest.data(), digest.size()) != 1)
      return fail(Code::crypto_failed, "signing with ES256");
    Signature signature(raw_size);
    must(raw_from_der(ByteView(der).first(size), signature.writable()).has_value());
    return signature;
  }

  Result<PrivateKeyDer> to_pkcs8() const override { return openssl::print_pkcs8(key); }

  openssl::Key key;
  ContextPool<evp_pkey_ctx_st> contexts;
};

Result<VerifyingKey> verifying_key_at(const P256Public& point) {
  TRY(auto key, p256::public_key(point));
  return VerifyingKey(std::make_shared<const Es256Verifying>(parameters_from(point), std::move(key)));
}

// The stored public point must belong to the private number: signing with a foreign one can give the key away.
Result<SigningKey> signing_key_from(openssl::Key key) {
  TRY(const P256Public point, p256::point_of(key));
  TRY(auto verifying, verifying_key_at(point));
  const openssl::ErrorQueueGuard guard;
  const openssl::Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  must(context != nullptr);
  if (EVP_PKEY_check(context.get()) != 1) return fail(Code::invalid_argument, "the P-256 key is inconsistent");
  return SigningKey(std::make_unique<Es256Signing>(std::move(verifying), std::move(key)));
}

}  // namespace

Result<VerifyingKey> es256_from_parameters(const EcPublic& parameters) {
  return verifying_key_at(point_from(parameters));
}

Result<VerifyingKey> es256_from_spki(ByteView der) {
  TRY(const P256Public point, parse_p256_spki(der));
  return verifying_key_at(point);
}

Result<SigningKey> es256_generate() {
  const openssl::ErrorQueueGuard guard;
  openssl::Key key(EVP_EC_gen("P-256"), openssl::Free{});
  if (!key) return fail(Code::crypto_failed, "generating a P-256 key");
  return signing_key_from(std::move(key));
}

Result<SigningKey> es256_from_pkcs8(ByteView der) {
  TRY(auto key, openssl::parse_pkcs8(der));
  return signing_key_from(std::move(key));
}

Result<ByteArray<64>> parse_ecdsa_der(ByteView der) {
  const openssl::ErrorQueueGuard guard;
  ByteArray<raw_size> raw;
  if (der.size() > max_der_size) return fail(Code::invalid_format, "not an ECDSA signature in DER");
  TRY_DO(raw_from_der(der, raw));
  ByteArray<max_der_size> canonical;
  const std::size_t size = der_from_raw(raw, canonical.data());
  if (!std::equal(der.begin(), der.end(), canonical.begin(), canonical.begin() + static_cast<std::ptrdiff_t>(size)))
    return fail(Code::invalid_format, "BER, not DER");
  return raw;
}

Result<Bytes> to_ecdsa_der(ByteView raw) {
  if (raw.size() != raw_size) return fail(Code::invalid_format, "not an ES256 signature");
  Bytes der(max_der_size);
  der.resize(der_from_raw(raw, der.data()));
  return der;
}

}  // namespace latchkey::crypto
