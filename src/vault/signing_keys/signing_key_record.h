// A signing key as it lies in the vault. Format: docs/formats/presence-v1.md.
#pragma once

#include "vault/user_presence.h"
#include "vault/vault.h"

namespace latchkey::vault {

inline constexpr std::string_view signing_key_prefix = "latchkey/presence-key/";

// Where the private half is. Numbers are part of the format.
enum class SigningKeyPlace : std::uint8_t {
  software = 1,  // in the record
  tpm2 = 2,      // in the TPM, which alone can open what the record holds
};

using SigningKeyBody = Secret<struct SigningKeyBodyTag>;

struct SigningKeyRecord {
  SigningKeyPlace place = SigningKeyPlace::software;
  PresenceMethod method = PresenceMethod::scripted;
  EnrolmentDigest enrolment{};
  SigningKeyBody body;  // the place's own; empty: invalidated for good
};
RecordValue print_signing_key_record(const SigningKeyRecord& record);
// Fails: vault_corrupted, future_version.
Result<SigningKeyRecord> parse_signing_key_record(ByteView value);

}  // namespace latchkey::vault
