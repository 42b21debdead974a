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

// ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 section 2.2.3). With numbers of 32 bytes every length
// is one byte, so both ways are a few lines; through BIGNUM and OpenSSL's templates they would cost 3 us a token.

// One INTEGER at the front of `der`, right-aligned into `number`; answers what follows.
Result<ByteView> take_integer(ByteView der, MutableBytes number) {
  const auto wrong = [] { return fail(Code::invalid_format, "not an ECDSA signature in DER"); };
  if (der.size() < 3 || der[0] != 0x02 || der[1] == 0 || der[1] > 33 || der.size() < 2U + der[1]) return wrong();
  ByteView value = der.subspan(2, der[1]);
  if ((value[0] & 0x80) != 0) return wrong();  // negative
  if (value[0] == 0 && value.size() > 1) {
    value = value.subspan(1);
    if ((value[0] & 0x80) == 0) return wrong();  // not the shortest form: BER
  }
  if (value.size() > number.size()) return wrong();
  std::copy(value.begin(), value.end(), number.end() - static_cast<std::ptrdiff_t>(value.size()));
  return der.subspan(2U + der[1]);
}

Result<ByteArray<raw_size>> raw_from_der(ByteView der) {
  ByteArray<raw_size> raw{};
  if (der.size() < 2 || der.size() > max_der_size || der[0] != 0x30 || der[1] != der.size() - 2)
    return fail(Code::invalid_format, "not an ECDSA signature in DER");
  TRY(const ByteView second, take_integer(der.subspan(2), MutableBytes(raw).first(32)));
  TRY(const ByteView rest, take_integer(second, MutableBytes(raw).subspan(32)));
  if (!rest.empty()) return fail(Code::invalid_format, "not an ECDSA signature in DER");
  return raw;
}

std::uint8_t* put_integer(ByteView number, std::uint8_t* to) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const bool needs_zero = (number[0] & 0x80) != 0;  // else it would be negative
  *to++ = 0x02;
  *to++ = static_cast<std::uint8_t>(number.size() + (needs_zero ? 1 : 0));
  if (needs_zero) *to++ = 0;
  return std::copy(number.begin(), number.end(), to);
}

// Answers the size; `der` holds max_der_size bytes.
std::size_t der_from_raw(ByteView raw, std::uint8_t* der) {
  const std::uint8_t* end = put_integer(raw.subspan(32), put_integer(raw.first(32), der + 2));
  const auto size = static_cast<std::size_t>(end - der);
  der[0] = 0x30;
  der[1] = static_cast<std::uint8_t>(size - 2);
  return size;
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
    TRY(const auto raw, raw_from_der(ByteView(der).first(size)));
    Signature signature(raw_size);
    std::copy(raw.begin(), raw.end(), signature.writable().begin());
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
Result<SigningKey> es256_signing_key(openssl::Key key) {
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
  return es256_signing_key(std::move(key));
}

Result<SigningKey> es256_from_pkcs8(ByteView der) {
  TRY(auto key, openssl::parse_pkcs8(der));
  return es256_signing_key(std::move(key));
}

Result<ByteArray<64>> parse_ecdsa_der(ByteView der) { return raw_from_der(der); }

Result<Bytes> to_ecdsa_der(ByteView raw) {
  if (raw.size() != raw_size) return fail(Code::invalid_format, "not an ES256 signature");
  Bytes der(max_der_size);
  der.resize(der_from_raw(raw, der.data()));
  return der;
}

}  // namespace latchkey::crypto
