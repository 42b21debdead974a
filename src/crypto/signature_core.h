// What each signature algorithm provides, one file each: es256.cpp, ed25519.cpp, rsa.cpp. Inside this module only.
#pragma once

#include "crypto/signature.h"

namespace latchkey::crypto {

struct VerifyingKey::Core {
  Core(SignatureAlgorithm its_algorithm, PublicParameters its_parameters)
      : algorithm(its_algorithm), parameters(std::move(its_parameters)) {}
  virtual ~Core() = default;
  virtual bool verify(ByteView message, ByteView signature) const = 0;
  virtual Bytes to_spki() const = 0;

  SignatureAlgorithm algorithm;
  PublicParameters parameters;
};

struct SigningKey::Core {
  explicit Core(VerifyingKey its_public) : verifying_key(std::move(its_public)) {}
  virtual ~Core() = default;
  virtual Result<Signature> sign(ByteView message) const = 0;
  virtual Result<PrivateKeyDer> to_pkcs8() const = 0;

  VerifyingKey verifying_key;
};

Result<VerifyingKey> es256_from_parameters(const EcPublic& parameters);
Result<VerifyingKey> es256_from_spki(ByteView der);
Result<SigningKey> es256_generate();
Result<SigningKey> es256_from_pkcs8(ByteView der);

Result<VerifyingKey> ed25519_from_parameters(const OkpPublic& parameters);
Result<VerifyingKey> ed25519_from_spki(ByteView der);
SigningKey ed25519_generate();
Result<SigningKey> ed25519_from_pkcs8(ByteView der);

// `algorithm` is rs256 or ps256.
Result<VerifyingKey> rsa_from_parameters(SignatureAlgorithm algorithm, const RsaPublic& parameters);
Result<VerifyingKey> rsa_from_spki(SignatureAlgorithm algorithm, ByteView der);
Result<SigningKey> rs256_generate();
Result<SigningKey> rs256_from_pkcs8(ByteView der);

}  // namespace latchkey::crypto
