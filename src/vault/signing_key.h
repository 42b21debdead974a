// Keys that sign once per presence: ES256, made on the device, never exported. What they sign is a statement of
// protocol/presence_statement.h, made by PresenceAuthenticator.
#pragma once

#include <string>
#include <string_view>

#include "crypto/signature.h"
#include "vault/user_presence.h"

namespace latchkey::vault {

// What keeps the key from being used without the user.
struct KeyProtection {
  SecurityLevel level = SecurityLevel::software;
  // The key's own place (a chip, a TEE) demands the user or a secret of theirs for each signature. Without it the gate
  // is our code, and whoever changes the code is through.
  bool is_user_bound = false;

  friend bool operator==(const KeyProtection&, const KeyProtection&) = default;
};

// Thread-safe. Names: 1 to 64 bytes of letters, digits, '.', '_' and '-'. Fails everywhere: invalid_argument (the
// name), temporarily_unavailable, and vault_locked where the keys lie in a vault.
class SigningKeyStore {
 public:
  virtual ~SigningKeyStore() = default;
  virtual KeyProtection protection() const = 0;

  // A new key, bound to the enrolment that the presence saw. One that was invalidated is replaced. Fails:
  // already_exists.
  virtual Result<crypto::VerifyingKey> create(std::string_view name, Presence presence, const Prompt& prompt) = 0;
  // Fails: not_found, key_invalidated.
  virtual Result<crypto::VerifyingKey> get_public_key(std::string_view name) = 0;
  // Fails: not_found; key_invalidated when the enrolment is not the key's any more, now and from then on.
  virtual Result<crypto::Signature> sign(std::string_view name, Presence presence, ByteView message,
                                         const Prompt& prompt) = 0;
  // Fails: not_found.
  virtual Status remove(std::string_view name) = 0;
};

// What a signature by such a key, after such a presence, proves:
//   key not user-bound                              weak, however good the recognition was
//   user-bound in software                          weak
//   user-bound in hardware                          strong
//   user-bound in a chip of its own, presence
//   at least strong                                 maximum
PresenceStrength achieved_strength(PresenceStrength presence, const KeyProtection& key);

}  // namespace latchkey::vault
