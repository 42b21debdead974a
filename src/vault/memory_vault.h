// Vaults of type in_memory: records and keys live as long as the process, and nothing of them is written anywhere.
#pragma once

#include "vault/vault.h"

namespace latchkey::vault {

// Unlocked, and its device is this process. `clock` outlives it.
Result<std::unique_ptr<Vault>> make_memory_vault(const Clock& clock, const LockPolicy& policy = {});

}  // namespace latchkey::vault
