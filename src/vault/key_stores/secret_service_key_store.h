// Wraps the slot key with a random key kept in the desktop's keyring, through the Secret Service (gnome-keyring,
// KWallet, KeePassXC). Every program of the same login session can read an unlocked keyring: this slot keeps the vault
// from other users and from copies of the file, not from the user's own programs. Security level: software.
#pragma once

#include <memory>

#include "vault/key_store.h"

namespace latchkey::vault {

// Parameters: the id(16) under which the item is found. Attributes of an item are readable while the keyring is locked,
// so they say nothing but "org.latchkey.VaultKey" and that id. A locked keyring makes the desktop ask the user; it has
// prompt.timeout to do so, then the answer is temporarily_unavailable. probe() never makes it ask.
std::unique_ptr<KeyStore> make_secret_service_key_store();

}  // namespace latchkey::vault
