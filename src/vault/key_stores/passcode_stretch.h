// What the user types, asked for and made into a key by Argon2id: what the stores with a passcode or a PIN share.
#pragma once

#include "crypto/argon2id.h"
#include "vault/byte_reader.h"
#include "vault/key_store.h"

namespace latchkey::vault {

using StretchedPasscode = Secret<struct StretchedPasscodeTag>;  // 32 bytes

// In a slot: memory in KiB(4) | passes(4) | salt(16).
struct Stretch {
  crypto::Argon2Cost cost;
  ByteArray<crypto::argon2_salt_size> salt;
};
Stretch new_stretch(crypto::Argon2Cost cost);
void append_stretch(Bytes& to, const Stretch& stretch);
// Fails: vault_corrupted, a cost beyond crypto::argon2_max_* included: an altered file cannot exhaust the machine.
Result<Stretch> take_stretch(ByteReader& reader);

// Fails: user_cancelled (nobody to ask), cancelled, invalid_argument (a new one that is too short), and as the prompt.
Result<Passcode> ask_passcode(const Prompt& prompt, PasscodeAsk what);
// Fails: invalid_argument, input_too_large, busy (no memory).
Result<StretchedPasscode> stretch_passcode(const Passcode& passcode, const Stretch& stretch);

}  // namespace latchkey::vault
