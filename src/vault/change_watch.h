// Tells when another process changed the vault: inotify(7) on its file and the log beside it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "vault/vault.h"

namespace latchkey::vault {

// One thread of its own, which waits. Watching counts as no use of the vault: it locks itself as before.
class ChangeWatch final {
 public:
  // `on_change` runs on the watch's thread, once for any number of changes by others since the last time: read again
  // what matters. It may use the vault. While the vault is locked nobody can tell what changed: then it is told of when
  // it was unlocked. A rotation elsewhere locks the vault (LockReason::other_process). `vault` outlives the watch, and
  // `file` is the vault's. Fails: not_found (no folder), temporarily_unavailable (no more watches for this user).
  static Result<std::unique_ptr<ChangeWatch>> start(Vault& vault, const std::filesystem::path& file,
                                                    std::function<void()> on_change);
  // Ends and joins the thread; not from `on_change`.
  ~ChangeWatch();
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

 private:
  struct Inner;
  explicit ChangeWatch(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace latchkey::vault
