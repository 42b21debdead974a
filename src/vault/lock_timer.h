// Enforces a vault's lock policy in the background, for programs without an event loop that would do it.
#pragma once

#include <memory>

#include "vault/vault.h"

namespace latchkey::vault {

// One thread that sleeps until the policy may lock the vault. `vault` outlives it.
class LockTimer final {
 public:
  explicit LockTimer(Vault& vault);
  ~LockTimer();
  LockTimer(const LockTimer&) = delete;
  LockTimer& operator=(const LockTimer&) = delete;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace latchkey::vault
