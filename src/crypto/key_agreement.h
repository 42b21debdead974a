// Diffie-Hellman: X25519 (RFC 7748) and ECDH on P-256 (NIST SP 800-56A). The result is key material, not a key: pass it
// through crypto::derive, with both public keys in the context.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace latchkey::crypto {

using SharedSecret = Secret<struct SharedSecretTag>;  // 32 bytes

using X25519Public = ByteArray<32>;

// Thread-safe once made.
class X25519Key final {
 public:
  static X25519Key generate();
  // Any 32 bytes. Fails: invalid_argument (another length).
  static Result<X25519Key> from_private(ByteView scalar);

  const X25519Public& public_key() const { return public_; }
  ByteView reveal_private() const { return scalar_.reveal(); }

  // Fails: invalid_argument (a peer of low order: the secret would be all zeroes, RFC 7748 section 6.1).
  Result<SharedSecret> agree(const X25519Public& peer) const;

 private:
  explicit X25519Key(Secret<struct X25519ScalarTag> scalar);
  Secret<X25519ScalarTag> scalar_;
  X25519Public public_{};
};

using P256Public = ByteArray<65>;  // 0x04 | x | y (SEC 1 section 2.3.3)

// Thread-safe once made.
class P256Key final {
 public:
  static P256Key generate();
  // 32 bytes, big-endian, from 1 to the group order less one. Fails: invalid_argument.
  static Result<P256Key> from_private(ByteView scalar);

  const P256Public& public_key() const { return public_; }
  ByteView reveal_private() const { return scalar_.reveal(); }

  // `peer`: 65 bytes uncompressed; it is checked to lie on the curve. Answers the x coordinate. Fails:
  // invalid_argument.
  Result<SharedSecret> agree(ByteView peer) const;

 private:
  explicit P256Key(Secret<struct P256ScalarTag> scalar);
  Secret<P256ScalarTag> scalar_;
  P256Public public_{};
};

// Whether these are the 65 bytes of a point on the curve, for keys that are used elsewhere. Fails: invalid_argument.
Status check_p256_point(ByteView point);

// The point of a SubjectPublicKeyInfo that names P-256 and is uncompressed: the one DER form accepted. Fails:
// invalid_format. Does not check that the point is on the curve; agree() does.
Result<P256Public> parse_p256_spki(ByteView der);

}  // namespace latchkey::crypto
