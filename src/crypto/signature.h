// Digital signatures. A key object has one fixed algorithm: what a token's header claims never chooses it. Keys are
// parsed once, here; signing and verifying parse nothing.
//   es256    ECDSA on P-256 with SHA-256, signature R | S of 64 bytes (RFC 7518 section 3.4)
//   ed25519  RFC 8032, 64 bytes
//   rs256    RSASSA-PKCS1-v1_5 with SHA-256, moduli of 2048 to 4096 bits, exponents from 65537 to 2^32
//   ps256    RSASSA-PSS with SHA-256, MGF1-SHA-256, 32 bytes of salt; verifying only
#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace latchkey::crypto {

enum class SignatureAlgorithm : std::uint8_t { es256, ed25519, rs256, ps256 };

inline constexpr std::size_t min_rsa_bits = 2048;  // below it factoring is within reach (NIST SP 800-57 part 1)
inline constexpr std::size_t max_rsa_bits = 4096;  // above it one verification costs an attacker's victim milliseconds

// A public key as the numbers of a JWK, big-endian. RSA numbers carry no leading zeroes.
struct EcPublic {
  ByteArray<32> x;
  ByteArray<32> y;
  friend bool operator==(const EcPublic&, const EcPublic&) = default;
};
struct OkpPublic {
  ByteArray<32> x;
  friend bool operator==(const OkpPublic&, const OkpPublic&) = default;
};
struct RsaPublic {
  Bytes n;
  Bytes e;
  friend bool operator==(const RsaPublic&, const RsaPublic&) = default;
};
using PublicParameters = std::variant<EcPublic, OkpPublic, RsaPublic>;

// A signature in place, without allocation. 64 bytes, or the modulus size for RSA.
class Signature final {
 public:
  Signature() = default;
  explicit Signature(std::size_t size) : size_(size) {}
  ByteView view() const { return ByteView(bytes_).first(size_); }
  MutableBytes writable() { return MutableBytes(bytes_).first(size_); }
  std::size_t size() const { return size_; }

 private:
  ByteArray<max_rsa_bits / 8> bytes_;
  std::size_t size_ = 0;
};

// Cheap to copy (shared, immutable). Thread-safe.
class VerifyingKey final {
 public:
  // Fails: invalid_argument (not this algorithm's kind of key, point not on the curve, RSA numbers out of bounds).
  static Result<VerifyingKey> from_parameters(SignatureAlgorithm algorithm, const PublicParameters& parameters);
  // A SubjectPublicKeyInfo in strict DER. P-256 must name its curve and be uncompressed. Fails: invalid_format,
  // invalid_argument.
  static Result<VerifyingKey> from_spki(SignatureAlgorithm algorithm, ByteView der);

  SignatureAlgorithm algorithm() const;
  const PublicParameters& parameters() const;
  Bytes to_spki() const;

  // Fails: signature_invalid, whatever is wrong with it.
  Status verify(ByteView message, ByteView signature) const;

  struct Core;
  explicit VerifyingKey(std::shared_ptr<const Core> core);

 private:
  std::shared_ptr<const Core> core_;
};

using PrivateKeyDer = Secret<struct PrivateKeyDerTag>;

// Move-only. Thread-safe. ES256 signs at the speed of `openssl speed ecdsap256`.
class SigningKey final {
 public:
  // RSA keys get 3072 bits. Fails: unsupported (ps256), crypto_failed.
  static Result<SigningKey> generate(SignatureAlgorithm algorithm);
  // An unencrypted PKCS#8 PrivateKeyInfo in DER. Fails: invalid_format, invalid_argument (another kind of key, weak
  // RSA), unsupported (ps256).
  static Result<SigningKey> from_pkcs8(SignatureAlgorithm algorithm, ByteView der);
  static Result<SigningKey> from_pkcs8(SignatureAlgorithm algorithm, const PrivateKeyDer& der) {
    return from_pkcs8(algorithm, der.reveal());
  }

  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;

  SignatureAlgorithm algorithm() const;
  const VerifyingKey& verifying_key() const;
  // PKCS#8 in DER, to be sealed and stored. Fails: crypto_failed.
  Result<PrivateKeyDer> to_pkcs8() const;

  // Fails: crypto_failed.
  Result<Signature> sign(ByteView message) const;

  struct Core;
  explicit SigningKey(std::unique_ptr<Core> core);

 private:
  std::unique_ptr<Core> core_;
};

// ES256 signatures between R | S and the DER form that X.509, PKCS#11, TPM tools and WebAuthn use. Strict: one DER form
// per signature. Fails: invalid_format.
Result<ByteArray<64>> parse_ecdsa_der(ByteView der);
Result<Bytes> to_ecdsa_der(ByteView raw);

}  // namespace latchkey::crypto
