// Opening a vault as one of several processes. They take turns: a passcode being tried counts as a failed attempt until
// it is found right, so many at once would lock each other out; and a user is asked once, not once a process.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "vault/vault.h"

namespace latchkey::vault {

struct UnlockTurn {
  std::optional<std::uint32_t> slot = std::nullopt;  // as Vault::unlock
  // Before the next process gets its turn, which then looks for an ephemeral slot: the place to add one.
  std::function<Status()> before_next = {};
  // For the turns of others: a user who thinks, and an attempt.
  std::chrono::milliseconds patience = std::chrono::minutes(1);
};

// Through an ephemeral slot if there is one and no slot is named; else Vault::unlock, one process at a time. A process
// that had to wait tries the ephemeral slots once more before it asks. `file` is the vault's; "<file>.unlock" beside it
// keeps the turns. Fails: busy (patience is over), cancelled, and as Vault::unlock, before_next.
Status unlock_in_turn(Vault& vault, const std::filesystem::path& file, const Prompt& prompt,
                      const UnlockTurn& turn = {});

}  // namespace latchkey::vault
