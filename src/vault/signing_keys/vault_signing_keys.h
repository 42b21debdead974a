// Signing keys that a vault keeps: a locked vault signs nothing. Where the private half is, in the record itself or in
// the TPM, is the key place's; so is how well it is protected. Format: docs/formats/presence-v1.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vault/signing_keys/key_place.h"
#include "vault/vault.h"

namespace latchkey::vault {

struct VaultSigningKeyOptions {
  // A finger enrolled by somebody who learned the device's password must not sign. The private key is destroyed.
  bool invalidate_on_enrolment_change = true;
  // Records removed in the same step, such as the session's tokens. Missing ones are no error.
  std::vector<std::string> drop_on_invalidation = {};
};

// As the vault's own trust in fingers goes: what ends that ends the key, and drops the session where it does.
VaultSigningKeyOptions signing_key_options(const VaultProtection& protection);

// In software: whoever has the vault open can read the key, so it is not user-bound and its signatures are `weak`.
// `vault` outlives it.
std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, VaultSigningKeyOptions options = {});
// Where `place` says (tpm2_place.h). A key that was made in another place answers `unsupported`.
std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, std::unique_ptr<KeyPlace> place,
                                                         VaultSigningKeyOptions options = {});

}  // namespace latchkey::vault
