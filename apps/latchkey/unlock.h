// Opening the vault as one of several processes: a passcode being tried counts as a failed attempt until it is found
// right, so many at once would lock each other out. They take turns instead.
#pragma once

#include <filesystem>
#include <optional>

#include "vault/vault.h"

namespace latchkey::app {

// Vault::unlock, with the turn taken between the user's answer and the end of the attempt. `file` is the vault's. Fails
// also: busy (a minute of waiting).
Status unlock_in_turn(vault::Vault& vault, const std::filesystem::path& file, const vault::Prompt& prompt,
                      std::optional<std::uint32_t> slot = std::nullopt);

}  // namespace latchkey::app
