// The usual composition: a vault in one file of this machine, with every key store this build has.
#pragma once

#include <filesystem>

#include "vault/vault.h"

namespace latchkey::vault {

// Touches nothing yet. `clock` outlives the vault made from it.
VaultParts parts_for_file(const std::filesystem::path& file, const Clock& clock);

// $XDG_DATA_HOME/latchkey/default.vault, or ~/.local/share/... Fails: configuration_invalid (neither is set).
Result<std::filesystem::path> default_vault_file();

}  // namespace latchkey::vault
