// Wraps the slot's key with a random key kept by the kernel (keyrings(7)), so that the processes of one login session
// share an unlocked vault until the key expires, without asking the user each time.
//
// The slot is ephemeral by design: its key goes after the timeout, with the login session, or with a restart. Then the
// answer is key_missing, which here never means that the vault is lost (is_ephemeral() in key_store.h): it has other
// slots, and this one is made anew at the next unlocking.
//
// The key has the type `user`: `logon` keys cannot be read back by any program, and `big_key` may go to swap. It never
// leaves the kernel's memory, which is not swapped. Only processes that possess the keyring may read it: those of the
// same session, whatever their program; other sessions of the same user may not. Security level: software.
#pragma once

#include <chrono>
#include <memory>

#include "vault/key_store.h"

namespace latchkey::vault {

enum class KernelKeyring : std::uint8_t {
  session,  // the login session (pam_keyinit), or the user's default session when there is none
  user,     // every session of the user
};

struct KernelKeyringOptions {
  std::chrono::seconds timeout = std::chrono::minutes(15);  // from wrap(); at least a second
  KernelKeyring keyring = KernelKeyring::session;
};

// Codes: storage_full (the user's quota of keys is used up), unsupported (the kernel has no keyrings, or a sandbox
// forbids them). Parameters: version(1) = 1 | keyring(1): 0 session, 1 user | id(16), in the key's description.
std::unique_ptr<KeyStore> make_kernel_keyring_key_store(KernelKeyringOptions options = {});

}  // namespace latchkey::vault
