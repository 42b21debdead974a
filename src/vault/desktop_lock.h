// Locks a vault when the desktop locks or the machine goes to sleep, as the vault's policy says (lock_on_screen_off).
#pragma once

#include "vault/desktop_signals.h"
#include "vault/vault.h"

namespace latchkey::vault {

// `vault` outlives it. When logind is not heard any more the vault is treated as if the screen had been locked, for
// nobody would tell.
class DesktopLock final {
 public:
  // Fails as DesktopSignals::watch.
  static Result<std::unique_ptr<DesktopLock>> watch(Vault& vault, DesktopOptions options = {});

 private:
  explicit DesktopLock(std::unique_ptr<DesktopSignals> signals) : signals_(std::move(signals)) {}
  std::unique_ptr<DesktopSignals> signals_;
};

}  // namespace latchkey::vault
