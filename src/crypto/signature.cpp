#include "crypto/signature.h"

#include "crypto/signature_core.h"

namespace latchkey::crypto {
namespace {

template <class Parameters>
Result<const Parameters*> parameters_as(const PublicParameters& parameters) {
  if (const auto* held = std::get_if<Parameters>(&parameters)) return held;
  return fail(Code::invalid_argument, "the key is of another kind than its algorithm");
}

}  // namespace

VerifyingKey::VerifyingKey(std::shared_ptr<const Core> core) : core_(std::move(core)) {}

Result<VerifyingKey> VerifyingKey::from_parameters(SignatureAlgorithm algorithm, const PublicParameters& parameters) {
  switch (algorithm) {
    case SignatureAlgorithm::es256:
      return parameters_as<EcPublic>(parameters).and_then([](auto* ec) { return es256_from_parameters(*ec); });
    case SignatureAlgorithm::ed25519:
      return parameters_as<OkpPublic>(parameters).and_then([](auto* okp) { return ed25519_from_parameters(*okp); });
    case SignatureAlgorithm::rs256:
    case SignatureAlgorithm::ps256:
      return parameters_as<RsaPublic>(parameters).and_then([&](auto* rsa) {
        return rsa_from_parameters(algorithm, *rsa);
      });
  }
  return fail(Code::unsupported, "signature algorithm");
}

Result<VerifyingKey> VerifyingKey::from_spki(SignatureAlgorithm algorithm, ByteView der) {
  switch (algorithm) {
    case SignatureAlgorithm::es256:
      return es256_from_spki(der);
    case SignatureAlgorithm::ed25519:
      return ed25519_from_spki(der);
    case SignatureAlgorithm::rs256:
    case SignatureAlgorithm::ps256:
      return rsa_from_spki(algorithm, der);
  }
  return fail(Code::unsupported, "signature algorithm");
}

SignatureAlgorithm VerifyingKey::algorithm() const { return core_->algorithm; }
const PublicParameters& VerifyingKey::parameters() const { return core_->parameters; }
Bytes VerifyingKey::to_spki() const { return core_->to_spki(); }

Status VerifyingKey::verify(ByteView message, ByteView signature) const {
  if (core_->verify(message, signature)) return {};
  return fail(Code::signature_invalid);
}

SigningKey::SigningKey(std::unique_ptr<Core> core) : core_(std::move(core)) {}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

Result<SigningKey> SigningKey::generate(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::es256:
      return es256_generate();
    case SignatureAlgorithm::ed25519:
      return ed25519_generate();
    case SignatureAlgorithm::rs256:
      return rs256_generate();
    case SignatureAlgorithm::ps256:
      break;
  }
  return fail(Code::unsupported, "PS256 is offered for verifying only");
}

Result<SigningKey> SigningKey::from_pkcs8(SignatureAlgorithm algorithm, ByteView der) {
  switch (algorithm) {
    case SignatureAlgorithm::es256:
      return es256_from_pkcs8(der);
    case SignatureAlgorithm::ed25519:
      return ed25519_from_pkcs8(der);
    case SignatureAlgorithm::rs256:
      return rs256_from_pkcs8(der);
    case SignatureAlgorithm::ps256:
      break;
  }
  return fail(Code::unsupported, "PS256 is offered for verifying only");
}

SignatureAlgorithm SigningKey::algorithm() const { return core_->verifying_key.algorithm(); }
const VerifyingKey& SigningKey::verifying_key() const { return core_->verifying_key; }
Result<PrivateKeyDer> SigningKey::to_pkcs8() const { return core_->to_pkcs8(); }
Result<Signature> SigningKey::sign(ByteView message) const { return core_->sign(message); }

}  // namespace latchkey::crypto
