// What a TPM slot does inside the TPM: seal a secret, give it back, tell whether it would.
#pragma once

#include <optional>

#include "vault/key_stores/tpm2_parameters.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault {

using SealedSecret = Secret<struct SealedSecretTag>;
inline constexpr std::size_t sealed_secret_size = 32;

// Fills in the parameters' storage key and objects. Fails: unsupported (the TPM does not measure those PCRs), and as
// tpm2::to_error.
Status seal_in_tpm(tpm2::Connection& connection, const SealedSecret& secret,
                   const std::optional<StretchedPasscode>& pin, Tpm2Parameters& parameters);

// Fails: key_missing (another TPM, or it was cleared), authentication_failed (the objects were altered),
// wrong_passcode, locked_out, key_invalidated, and as tpm2::to_error.
Result<SealedSecret> unseal_in_tpm(tpm2::Connection& connection, const Tpm2Parameters& parameters,
                                   const std::optional<StretchedPasscode>& pin);

// Whether unsealing can be tried. Fails as unseal_in_tpm(), except wrong_passcode.
Status check_in_tpm(tpm2::Connection& connection, const Tpm2Parameters& parameters);

}  // namespace latchkey::vault
