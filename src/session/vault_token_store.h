// The session record as one record of the vault. The only place where `session` knows the vault.
#pragma once

#include <string>

#include "session/token_store.h"
#include "vault/vault.h"

namespace latchkey::session {

class VaultTokenStore final : public TokenStore {
 public:
  // `vault` outlives the store and is unlocked by its owner; while it is locked everything fails with vault_locked.
  // Several sessions in one vault have different names.
  explicit VaultTokenStore(vault::Vault& vault, std::string name = "latchkey/session");

  Result<std::optional<SessionRecord>> load() override;
  Status save(const SessionRecord& record) override;
  Status erase() override;
  std::shared_ptr<const void> observe_lock(std::function<void()> on_lock) override;

 private:
  vault::Vault& vault_;
  std::string name_;
};

}  // namespace latchkey::session
