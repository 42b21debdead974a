#include "vault/unlock_in_turn.h"

#include "base/file_lock.h"

namespace latchkey::vault {

Status unlock_in_turn(Vault& vault, const std::filesystem::path& file, const Prompt& prompt, const UnlockTurn& turn) {
  const auto opens_by_shortcut = [&] { return !turn.slot && vault.unlock_shared(); };
  if (opens_by_shortcut()) return {};
  TRY(const FileLock mine, FileLock::acquire(file.string() + ".unlock", turn.patience, prompt.stop));
  if (mine.has_waited() && opens_by_shortcut()) return {};
  TRY_DO(vault.unlock(prompt, turn.slot));
  return turn.before_next ? turn.before_next() : Status();
}

}  // namespace latchkey::vault
