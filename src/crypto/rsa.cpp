// RSASSA-PKCS1-v1_5 and RSASSA-PSS with SHA-256.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "crypto/digest.h"
#include "crypto/openssl_keys.h"
#include "crypto/signature_core.h"
#include "crypto/weak_rsa.h"

namespace latchkey::crypto {
namespace {

using openssl::must;
using Number = openssl::Owned<bignum_st>;

constexpr std::size_t max_exponent_bits = 33;  // so up to 2^32
constexpr unsigned min_exponent = 65537;       // FIPS 186-5 A.1.1; smaller ones made forgeries easy
constexpr std::size_t generated_bits = 3072;
constexpr int pss_salt_size = 32;  // RFC 7518 section 3.5

void use_pkcs1_sha256(EVP_PKEY_CTX* context) {
  must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1);
  must(EVP_PKEY_CTX_set_signature_md(context, openssl::sha256_algorithm()) == 1);
}

void use_pss_sha256(EVP_PKEY_CTX* context) {
  must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
  must(EVP_PKEY_CTX_set_signature_md(context, openssl::sha256_algorithm()) == 1);
  must(EVP_PKEY_CTX_set_rsa_mgf1_md(context, openssl::sha256_algorithm()) == 1);
  must(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, pss_salt_size) == 1);
}

Number big_number(ByteView big_endian) {
  Number number(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  must(number != nullptr);
  return number;
}

Bytes bytes_of(const BIGNUM* number) {
  Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, bytes.data());
  return bytes;
}

Status check_strength(const BIGNUM* n, const BIGNUM* e) {
  const auto bits = static_cast<std::size_t>(BN_num_bits(n));
  if (bits < min_rsa_bits || bits > max_rsa_bits || !BN_is_odd(n))
    return fail(Code::invalid_argument, "RSA modulus out of bounds");
  const auto exponent_bits = static_cast<std::size_t>(BN_num_bits(e));
  if (exponent_bits > max_exponent_bits || BN_get_word(e) < min_exponent || !BN_is_odd(e))
    return fail(Code::invalid_argument, "RSA exponent out of bounds");
  if (has_roca_fingerprint(n)) return fail(Code::invalid_argument, "RSA modulus from a broken generator (ROCA)");
  return {};
}

Result<RsaPublic> parameters_of(const openssl::Key& key) {
  BIGNUM* n_made = nullptr;
  BIGNUM* e_made = nullptr;
  const bool is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1 &&
                      EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &n_made) == 1 &&
                      EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &e_made) == 1;
  const Number n(n_made);
  const Number e(e_made);
  if (!is_rsa) return fail(Code::invalid_argument, "not an RSA key");
  return RsaPublic{bytes_of(n.get()), bytes_of(e.get())};
}

Result<openssl::Key> public_key_from(const BIGNUM* n, const BIGNUM* e) {
  const openssl::Owned<ossl_param_bld_st> builder(OSSL_PARAM_BLD_new());
  must(builder != nullptr && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e) == 1);
  const openssl::Owned<ossl_param_st> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  must(parameters != nullptr);
  return openssl::public_key_from("RSA", parameters.get());
}

Bytes print_spki(const openssl::Key& key) {
  const int size = i2d_PUBKEY(key.get(), nullptr);
  must(size > 0);
  Bytes der(static_cast<std::size_t>(size));
  std::uint8_t* to = der.data();
  must(i2d_PUBKEY(key.get(), &to) == size);
  return der;
}

struct RsaVerifying final : VerifyingKey::Core {
  RsaVerifying(SignatureAlgorithm its_algorithm, RsaPublic its_parameters, openssl::Key its_key)
      : Core(its_algorithm, std::move(its_parameters)),
        key(its_key),
        contexts(openssl::make_verifying_context(
            std::move(its_key), its_algorithm == SignatureAlgorithm::rs256 ? use_pkcs1_sha256 : use_pss_sha256)) {}

  bool verify(ByteView message, ByteView signature) const override {
    if (signature.size() != std::get<RsaPublic>(parameters).n.size()) return false;
    const openssl::ErrorQueueGuard guard;
    const Sha256Digest digest = sha256(message);
    const auto context = contexts.lend();
    return EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
  }

  Bytes to_spki() const override { return print_spki(key); }

  openssl::Key key;
  ContextPool<evp_pkey_ctx_st> contexts;
};

struct Rs256Signing final : SigningKey::Core {
  Rs256Signing(VerifyingKey its_public, openssl::Key its_key)
      : Core(std::move(its_public)),
        key(its_key),
        contexts(openssl::make_signing_context(std::move(its_key), use_pkcs1_sha256)) {}

  Result<Signature> sign(ByteView message) const override {
    const openssl::ErrorQueueGuard guard;
    Signature signature(std::get<RsaPublic>(verifying_key.parameters()).n.size());
    std::size_t size = signature.size();
    const Sha256Digest digest = sha256(message);
    const auto context = contexts.lend();
    if (EVP_PKEY_sign(context.get(), signature.writable().data(), &size, digest.data(), digest.size()) != 1 ||
        size != signature.size())
      return fail(Code::crypto_failed, "signing with RS256");
    return signature;
  }

  Result<PrivateKeyDer> to_pkcs8() const override { return openssl::print_pkcs8(key); }

  openssl::Key key;
  ContextPool<evp_pkey_ctx_st> contexts;
};

Result<SigningKey> rsa_signing_key(openssl::Key key) {
  TRY(const RsaPublic parameters, parameters_of(key));
  TRY(auto verifying, rsa_from_parameters(SignatureAlgorithm::rs256, parameters));
  const openssl::ErrorQueueGuard guard;
  const openssl::Owned<evp_pkey_ctx_st> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  must(context != nullptr);
  if (EVP_PKEY_check(context.get()) != 1) return fail(Code::invalid_argument, "the RSA key is inconsistent");
  return SigningKey(std::make_unique<Rs256Signing>(std::move(verifying), std::move(key)));
}

}  // namespace

Result<VerifyingKey> rsa_from_parameters(SignatureAlgorithm algorithm, const RsaPublic& parameters) {
  if (parameters.n.size() > max_rsa_bits / 8 || parameters.e.size() > (max_exponent_bits + 7) / 8)
    return fail(Code::invalid_argument, "RSA number out of bounds");
  if (parameters.n.empty() || parameters.n[0] == 0 || parameters.e.empty() || parameters.e[0] == 0)
    return fail(Code::invalid_argument, "RSA number with leading zeroes");
  const Number n = big_number(parameters.n);
  const Number e = big_number(parameters.e);
  TRY_DO(check_strength(n.get(), e.get()));
  TRY(auto key, public_key_from(n.get(), e.get()));
  return VerifyingKey(std::make_shared<const RsaVerifying>(algorithm, parameters, std::move(key)));
}

Result<VerifyingKey> rsa_from_spki(SignatureAlgorithm algorithm, ByteView der) {
  if (der.size() > openssl::max_key_der_size) return fail(Code::invalid_format, "too long for a public key");
  const openssl::ErrorQueueGuard guard;
  const std::uint8_t* at = der.data();
  const openssl::Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), openssl::Free{});
  if (!key || !std::ranges::equal(print_spki(key), der)) return fail(Code::invalid_format, "not a public key in DER");
  TRY(const RsaPublic parameters, parameters_of(key));
  return rsa_from_parameters(algorithm, parameters);
}

Result<SigningKey> rs256_generate() {
  const openssl::ErrorQueueGuard guard;
  openssl::Key key(EVP_RSA_gen(generated_bits), openssl::Free{});
  if (!key) return fail(Code::crypto_failed, "generating an RSA key");
  return rsa_signing_key(std::move(key));
}

Result<SigningKey> rs256_from_pkcs8(ByteView der) {
  TRY(auto key, openssl::parse_pkcs8(der));
  return rsa_signing_key(std::move(key));
}

}  // namespace latchkey::crypto
