#include "vault/signing_keys/key_place.h"

namespace latchkey::vault {
namespace {

constexpr crypto::SignatureAlgorithm es256 = crypto::SignatureAlgorithm::es256;

class SoftwarePlace final : public KeyPlace {
 public:
  SigningKeyPlace place() const override { return SigningKeyPlace::software; }
  KeyProtection protection() const override { return {SecurityLevel::software, false}; }

  Result<SigningKeyBody> make(const Prompt&) override {
    TRY(const auto key, crypto::SigningKey::generate(es256));
    TRY(const auto der, key.to_pkcs8());
    return SigningKeyBody::copy_of(der.reveal());
  }

  Result<crypto::VerifyingKey> get_public_key(const SigningKeyBody& body) override {
    TRY(const auto key, open(body));
    return key.verifying_key();
  }

  Result<crypto::Signature> sign(const SigningKeyBody& body, ByteView message, const Prompt&) override {
    TRY(const auto key, open(body));
    return key.sign(message);
  }

 private:
  static Result<crypto::SigningKey> open(const SigningKeyBody& body) {
    auto key = crypto::SigningKey::from_pkcs8(es256, body.reveal());
    if (!key) return fail(Code::vault_corrupted, "signing key");
    return key;
  }
};

}  // namespace

std::unique_ptr<KeyPlace> make_software_place() { return std::make_unique<SoftwarePlace>(); }

}  // namespace latchkey::vault
