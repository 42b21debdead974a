// P-256 keys that the machine's TPM 2.0 makes, keeps and uses: they leave it in no form that anything else can open,
// and it asks for a PIN at every signature. The TPM counts wrong PINs and locks itself for the whole machine
// (dictionary-attack protection); before that, this process makes the next try wait. Level: separate_hardware, and
// user-bound: with any presence before it, a signature is `strong`.
#pragma once

#include <string>

#include "crypto/argon2id.h"
#include "vault/signing_keys/key_place.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault {

struct Tpm2PlaceOptions {
  std::string tcti = tpm2::default_tcti;
  crypto::Argon2Cost pin_cost = crypto::argon2_vault_cost;  // of new keys
};

// Body: tpm2_parameters.h, with a PIN and no PCRs, of an ECDSA key instead of a sealed object. Fails: user_cancelled,
// cancelled, wrong_passcode, locked_out, key_missing (the TPM was cleared, or it is another one), authentication_failed
// (altered), unsupported (no TPM), temporarily_unavailable. `clock` outlives it.
std::unique_ptr<KeyPlace> make_tpm2_place(const Clock& clock, Tpm2PlaceOptions options = {});

}  // namespace latchkey::vault
