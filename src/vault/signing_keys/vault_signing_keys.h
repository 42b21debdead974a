// Signing keys in software, each a record of the vault: a locked vault signs nothing. The app that has the vault open
// can read the record, so the key is not user-bound and its signatures are `weak`. Format: docs/formats/presence-v1.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vault/signing_key.h"
#include "vault/vault.h"

namespace latchkey::vault {

inline constexpr std::string_view signing_key_prefix = "latchkey/presence-key/";

struct VaultSigningKeyOptions {
  // A finger enrolled by somebody who learned the device's password must not sign. The private key is destroyed.
  bool invalidate_on_enrolment_change = true;
  // Records removed in the same step, such as the session's tokens. Missing ones are no error.
  std::vector<std::string> drop_on_invalidation = {};
};

// `vault` outlives it.
std::unique_ptr<SigningKeyStore> make_vault_signing_keys(Vault& vault, VaultSigningKeyOptions options = {});

// A key's record as it lies in the vault. An invalidated one has no private key any more.
struct SigningKeyRecord {
  PresenceMethod method = PresenceMethod::scripted;
  EnrolmentDigest enrolment{};
  crypto::PrivateKeyDer key;  // PKCS#8; empty: invalidated
};
RecordValue print_signing_key_record(const SigningKeyRecord& record);
// Fails: vault_corrupted, future_version.
Result<SigningKeyRecord> parse_signing_key_record(ByteView body);

}  // namespace latchkey::vault
