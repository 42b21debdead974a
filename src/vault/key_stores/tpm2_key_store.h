// Wraps the slot's key with a key that the machine's TPM 2.0 keeps sealed and gives out only to this TPM's own storage
// key, to the right PIN, and, when asked to, to the system that was measured when it was sealed.
//
// The PIN: the TPM counts wrong ones and locks itself against guessing (dictionary-attack protection, Part 1, 19.8).
// That lock is the machine's, so one program's guesses lock out all others: a vault limits attempts by itself, first.
// The wrapping key is made of both the sealed secret and the PIN stretched by Argon2id: someone who breaks the TPM
// still guesses at that cost. Whoever owns the platform may reset the lock, as its password (lockoutAuth) is empty by
// default.
//
// Without a PIN any program that may talk to the TPM can have the key: the slot then holds against copies of the file
// and against a disk in another machine.
//
// PCRs (SHA-256 bank): the system's own updates change them, and then the slot is key_invalidated for good, or until
// the old system is booted. A vault keeps a portable slot beside it (needs_recovery_slot).
//
// Codes: wrong_passcode; locked_out; key_invalidated (PCRs); key_missing (the TPM was cleared, or it is another one);
// unsupported (no TPM); temporarily_unavailable (busy, or an answer that says nothing about the key).
// The TSS prints what the TPM refuses to standard error, never a secret; a program that does not want it sets
// TSS2_LOG=all+NONE before its first use. Level: separate_hardware. A virtual machine's TPM is as separate as its host
// keeps it.
#pragma once

#include <memory>
#include <vector>

#include "crypto/argon2id.h"
#include "vault/key_store.h"
#include "vault/tpm2/tpm2_location.h"

namespace latchkey::vault {

enum class Tpm2Pin { asked, none };

struct Tpm2KeyStoreOptions {
  std::string tcti = tpm2::default_tcti;
  // For new wraps; what a slot was made with stands in its parameters.
  Tpm2Pin pin = Tpm2Pin::asked;
  std::vector<unsigned> pcrs = {};  // 0 to 23; none: the state of the system does not matter
  crypto::Argon2Cost pin_cost = crypto::argon2_vault_cost;
};

// Parameters: tpm2_parameters.h. The TPM keeps nothing of a slot, so forget() has nothing to do.
std::unique_ptr<KeyStore> make_tpm2_key_store(Tpm2KeyStoreOptions options = {});

}  // namespace latchkey::vault
