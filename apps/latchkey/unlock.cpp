#include "apps/latchkey/unlock.h"

#include "session/refresh_lock.h"

namespace latchkey::app {

Status unlock_in_turn(vault::Vault& vault, const std::filesystem::path& file, const vault::Prompt& prompt,
                      std::optional<std::uint32_t> slot) {
  session::FileRefreshLock turn(file.string() + ".unlock");
  std::unique_ptr<session::RefreshLock::Held> mine;
  vault::Prompt waiting = prompt;
  if (prompt.ask_passcode) {
    waiting.ask_passcode = [&](vault::PasscodeAsk what) -> Result<vault::Passcode> {
      TRY(vault::Passcode passcode, prompt.ask_passcode(what));
      if (!mine) {
        TRY(mine, turn.acquire(prompt.stop));
      }
      return passcode;
    };
  }
  return vault.unlock(waiting, slot);
}

}  // namespace latchkey::app
