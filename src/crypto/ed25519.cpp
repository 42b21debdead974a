// Ed25519 by libsodium, twice as fast as OpenSSL's, and strict: it refuses public keys and R of small order and S that
// is not reduced.
#include <sodium.h>

#include "crypto/random.h"
#include "crypto/signature_core.h"
#include "crypto/sodium_ready.h"

namespace latchkey::crypto {
namespace {

// Everything before the key in the one DER form of SubjectPublicKeyInfo and of PrivateKeyInfo (RFC 8410).
constexpr ByteArray<12> ed25519_spki_head{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr ByteArray<16> pkcs8_head{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                   0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::size_t key_size = 32;

template <std::size_t N>
Result<ByteView> key_after(const ByteArray<N>& head, ByteView der) {
  if (der.size() != N + key_size || !std::equal(head.begin(), head.end(), der.begin()))
    return fail(Code::invalid_format, "not an Ed25519 key in DER");
  return der.last(key_size);
}

struct Ed25519Verifying final : VerifyingKey::Core {
  explicit Ed25519Verifying(const OkpPublic& its_parameters)
      : Core(SignatureAlgorithm::ed25519, its_parameters), x(its_parameters.x) {}

  bool verify(ByteView message, ByteView signature) const override {
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(signature.data(), message.data(), message.size(), x.data()) == 0;
  }

  Bytes to_spki() const override {
    Bytes der(ed25519_spki_head.begin(), ed25519_spki_head.end());
    append(der, x);
    return der;
  }

  ByteArray<key_size> x;
};

using Seed = Secret<struct Ed25519SeedTag>;
using ExpandedKey = Secret<struct Ed25519ExpandedTag>;  // seed | public key, as libsodium takes it

struct Ed25519Signing final : SigningKey::Core {
  Ed25519Signing(VerifyingKey its_public, ExpandedKey its_key) : Core(std::move(its_public)), key(std::move(its_key)) {}

  Result<Signature> sign(ByteView message) const override {
    Signature signature(crypto_sign_BYTES);
    crypto_sign_detached(signature.writable().data(), nullptr, message.data(), message.size(), key.reveal().data());
    return signature;
  }

  Result<PrivateKeyDer> to_pkcs8() const override {
    auto der = PrivateKeyDer::zeroed(pkcs8_head.size() + key_size);
    const auto seed = std::copy(pkcs8_head.begin(), pkcs8_head.end(), der.reveal_to_write().begin());
    std::copy_n(key.reveal().begin(), key_size, seed);
    return der;
  }

  ExpandedKey key;
};

VerifyingKey verifying_key_from(const OkpPublic& parameters) {
  return VerifyingKey(std::make_shared<const Ed25519Verifying>(parameters));
}

SigningKey ed25519_signing_key(ByteView seed) {
  make_sodium_ready();
  OkpPublic parameters;
  auto expanded = ExpandedKey::zeroed(crypto_sign_SECRETKEYBYTES);
  crypto_sign_seed_keypair(parameters.x.data(), expanded.reveal_to_write().data(), seed.data());
  return SigningKey(std::make_unique<Ed25519Signing>(verifying_key_from(parameters), std::move(expanded)));
}

}  // namespace

Result<VerifyingKey> ed25519_from_parameters(const OkpPublic& parameters) {
  make_sodium_ready();
  if (crypto_core_ed25519_is_valid_point(parameters.x.data()) == 0)
    return fail(Code::invalid_argument, "not a point of Ed25519's prime-order group");
  return verifying_key_from(parameters);
}

Result<VerifyingKey> ed25519_from_spki(ByteView der) {
  TRY(const ByteView x, key_after(ed25519_spki_head, der));
  OkpPublic parameters;
  std::copy(x.begin(), x.end(), parameters.x.begin());
  return ed25519_from_parameters(parameters);
}

SigningKey ed25519_generate() { return ed25519_signing_key(random_secret<Ed25519SeedTag>(key_size).reveal()); }

Result<SigningKey> ed25519_from_pkcs8(ByteView der) {
  TRY(const ByteView seed, key_after(pkcs8_head, der));
  return ed25519_signing_key(seed);
}

}  // namespace latchkey::crypto
