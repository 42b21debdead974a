// The user confirms something to a server: presence, then one signature that names what was confirmed. The answer is
// never a boolean; a server checks it with protocol::verify_presence_statement().
#pragma once

#include "vault/signing_key.h"

namespace latchkey::vault {

struct AuthenticatorOptions {
  std::string origin;                 // the app's id or web origin
  PresenceStrength minimum_strength;  // on Linux: weak with a key in software, strong with one in the TPM
  std::string key_name = "default";
};

struct AuthenticationRequest {
  std::string purpose;    // see protocol::PresenceStatement for the bounds
  std::string challenge;  // the server's
};

// Thread-safe as its parts are, which outlive it.
class PresenceAuthenticator final {
 public:
  PresenceAuthenticator(UserPresence& presence, SigningKeyStore& keys, const Clock& clock, AuthenticatorOptions options)
      : presence_(presence), keys_(keys), clock_(clock), options_(std::move(options)) {}

  // Makes the key, after the user has shown to be there; register the public half with the server. Fails:
  // already_exists, unsupported (below the minimum strength), and as UserPresence::check.
  Result<crypto::VerifyingKey> enrol(const Prompt& prompt);

  // One presence, one signed statement; a key in the TPM asks for its PIN after it. Nobody is asked when there is
  // nothing to sign with. Fails: invalid_argument, unsupported, not_found (enrol first), key_invalidated (enrol anew,
  // after a sign-in), vault_locked, and as UserPresence::check.
  Result<std::string> authenticate(const AuthenticationRequest& request, const Prompt& prompt);

 private:
  // What can be reached before anybody was asked.
  Status check_strength(PresenceStrength presence) const;

  UserPresence& presence_;
  SigningKeyStore& keys_;
  const Clock& clock_;
  AuthenticatorOptions options_;
};

}  // namespace latchkey::vault
