// One public key as JSON (RFC 7517) and its thumbprint (RFC 7638). A key has exactly one algorithm, decided by its
// type: EC P-256 -> ES256, OKP Ed25519 -> EdDSA, RSA -> RS256, or PS256 where `alg` says so; any other `alg` is
// refused. Private and symmetric members are refused wherever a public key is read.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/jose/algorithm.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace latchkey::protocol::jose {

class Jwk final {
 public:
  // Reads the parameters; whether they make a key is import()'s to find out. Fails: invalid_format, unsupported
  // (another kty, crv or alg, or a `use` or `key_ops` other than for signatures), input_too_large.
  static Result<Jwk> parse(std::string_view json);
  static Result<Jwk> from(const json::Value& object);
  // The public half, with the thumbprint as `kid`.
  static Jwk of(const crypto::VerifyingKey& key);
  static Jwk of(const crypto::SigningKey& key);

  Algorithm algorithm() const { return algorithm_; }
  const std::string& kid() const { return kid_; }  // empty if it had none
  // SHA-256 thumbprint in base64url, 43 characters; computed once. Two keys are the same exactly if these are.
  const std::string& thumbprint() const { return thumbprint_; }

  // Checks the key and makes it usable: the point on its curve and not of small order, RSA of 2048 to 4096 bits with an
  // odd exponent above 2^16. Some 20 us for P-256, so keep the result by thumbprint. Fails: invalid_argument.
  Result<crypto::VerifyingKey> import() const;

  // The members needed to verify, as in a JWKS: kty, crv..., then kid, use, alg. Or, for a DPoP header, the bare key.
  template <class Text>
  void print(json::BasicWriter<Text>& writer) const;
  template <class Text>
  void print_bare(json::BasicWriter<Text>& writer) const;

 private:
  void compute_thumbprint();

  Algorithm algorithm_ = Algorithm::es256;
  std::string kid_;
  crypto::PublicParameters parameters_;
  std::string thumbprint_;
};

}  // namespace latchkey::protocol::jose
