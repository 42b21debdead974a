#include "vault/memory_vault.h"

#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/memory_record_store.h"

namespace latchkey::vault {

Result<std::unique_ptr<Vault>> make_memory_vault(const Clock& clock, const LockPolicy& policy) {
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(make_memory_key_store());
  CreateOptions options;
  options.slots.push_back({SlotKind::in_memory, ""});
  options.policy = policy;
  options.protection.type = VaultType::in_memory;
  return Vault::create({make_memory_record_store(), std::move(stores), make_fixed_identity(std::nullopt), clock},
                       options, {});
}

}  // namespace latchkey::vault
