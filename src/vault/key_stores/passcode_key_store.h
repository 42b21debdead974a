// Wraps the slot key with a key derived from a passcode by Argon2id. The cost and the salt are kept in each slot.
// Guessing is as slow as the cost; a copy of the file can be guessed elsewhere, so the passcode's entropy decides.
#pragma once

#include <functional>
#include <memory>

#include "crypto/argon2id.h"
#include "vault/key_store.h"
#include "vault/key_stores/passcode_stretch.h"

namespace latchkey::vault {

// Parameters: version(1) = 1 | memory in KiB(4) | passes(4) | salt(16). What a slot may ask for is bounded by
// crypto::argon2_max_*, so that an altered file cannot exhaust the machine; `cost` is for new wraps.
std::unique_ptr<KeyStore> make_passcode_key_store(crypto::Argon2Cost cost = crypto::argon2_vault_cost);
// The same, with the cost chosen at each new wrap: calibrated_passcode_cost. An unlocking does not measure.
std::unique_ptr<KeyStore> make_passcode_key_store(std::function<crypto::Argon2Cost()> choose_cost);

}  // namespace latchkey::vault
