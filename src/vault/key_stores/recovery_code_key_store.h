// Wraps the slot's key with a key derived from a recovery code, which is shown once and kept by the user alone. The
// code has 125 random bits, so that nobody guesses it however fast the derivation is: HKDF, not Argon2id, and no
// counting of attempts is needed for its safety. Opens on any device.
#pragma once

#include <memory>

#include "vault/key_store.h"

namespace latchkey::vault {

// wrap() shows a new code through prompt.show_recovery_code; unwrap() asks for it through prompt.ask_passcode. Codes:
// invalid_format (mistyped: the check in the code is wrong, so no attempt was made), wrong_passcode (the code of
// another vault or slot, or an altered wrap). Parameters: version(1) = 1 | salt(16).
std::unique_ptr<KeyStore> make_recovery_code_key_store();

}  // namespace latchkey::vault
