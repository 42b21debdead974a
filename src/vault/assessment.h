// Tells in what state a vault is, from its open parts and what its key stores say without asking anybody.
#pragma once

#include "vault/unlocking.h"
#include "vault/vault.h"

namespace latchkey::vault {

// Fails as RecordStore::read and read_open_parts(). `open` has the state `locked` at best.
Result<VaultStatus> assess(const UnlockParts& parts);

// What a failure of assess() says about the state, where it says anything: fresh, temporarily_unavailable, corrupted.
std::optional<State> state_of(const Error& error);

}  // namespace latchkey::vault
