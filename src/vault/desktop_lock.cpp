#include "vault/desktop_lock.h"

namespace latchkey::vault {

Result<std::unique_ptr<DesktopLock>> DesktopLock::watch(Vault& vault, DesktopOptions options) {
  DesktopHandlers handlers{[&vault](LockReason reason) { vault.note_screen_locked(reason); },
                           [&vault](const Error&) { vault.note_screen_locked(); }};
  TRY(auto signals, DesktopSignals::watch(std::move(handlers), std::move(options)));
  return std::unique_ptr<DesktopLock>(new DesktopLock(std::move(signals)));
}

}  // namespace latchkey::vault
