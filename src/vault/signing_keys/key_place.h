// Makes and uses the private half of a signing key, whose record is the vault's to keep.
#pragma once

#include <memory>

#include "vault/signing_key.h"
#include "vault/signing_keys/signing_key_record.h"

namespace latchkey::vault {

// Thread-safe. Fails everywhere: vault_corrupted (the body), and as its place does.
class KeyPlace {
 public:
  virtual ~KeyPlace() = default;
  virtual SigningKeyPlace place() const = 0;
  virtual KeyProtection protection() const = 0;
  virtual Result<SigningKeyBody> make(const Prompt& prompt) = 0;
  // Asks nobody and touches no hardware.
  virtual Result<crypto::VerifyingKey> get_public_key(const SigningKeyBody& body) = 0;
  virtual Result<crypto::Signature> sign(const SigningKeyBody& body, ByteView message, const Prompt& prompt) = 0;
};

std::unique_ptr<KeyPlace> make_software_place();

}  // namespace latchkey::vault
