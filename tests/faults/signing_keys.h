// A key that signs a server's challenges, made, used, invalidated and removed. What is there is told by using it.
#pragma once

#include <memory>

#include "vault/signing_keys/key_place.h"
#include "vault/vault.h"

namespace latchkey::faults {

class Signer final {
 public:
  Signer(vault::Vault& vault, const Clock& clock, std::unique_ptr<vault::KeyPlace> place);

  Status enrol();
  // One challenge, signed, and the answer checked with the public half.
  Status authenticate();
  // The same after another finger was enrolled: ok when it was told that the key is invalid, and the session dropped.
  Status invalidate();
  Status remove();
  // "signs", "invalidated", "none", or what is wrong.
  std::string describe();

  static constexpr std::string_view session = "latchkey/session";

 private:
  Status authenticate_with(std::uint8_t finger);

  const Clock& clock_;
  std::unique_ptr<vault::SigningKeyStore> keys_;
};

}  // namespace latchkey::faults
