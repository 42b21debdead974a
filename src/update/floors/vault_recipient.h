// The device's recipient key (device_recipient.h) in the app's vault, in the record "latchkey/update-recipient/<app
// id>" (kind bytes, the 32 of the private half): who copies the engine's folder does not get it.
#pragma once

#include <optional>

#include "crypto/key_agreement.h"
#include "vault/vault.h"

namespace latchkey::update {

std::string recipient_record_of(std::string_view app);

// Of an unlocked vault; nothing when it has none. Fails: storage_corrupted, and as vault::Vault::find.
Result<std::optional<crypto::X25519Key>> find_vault_recipient(vault::Vault& vault, std::string_view app);
// The same; made when there is none. Fails also as vault::Vault::set.
Result<crypto::X25519Key> open_vault_recipient(vault::Vault& vault, std::string_view app);

}  // namespace latchkey::update
