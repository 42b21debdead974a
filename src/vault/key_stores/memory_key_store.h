// A key store that lives as long as the process, for vaults of type InMemory and for tests.
#pragma once

#include <memory>

#include "vault/key_store.h"

namespace latchkey::vault {

// Stores made from one medium hold the same keys. A fresh medium knows none of the keys of another: key_missing.
class MemoryKeys;
std::shared_ptr<MemoryKeys> make_memory_keys();
std::unique_ptr<KeyStore> make_memory_key_store(std::shared_ptr<MemoryKeys> keys = make_memory_keys());

// What happens to the keys of a device. For tests.
void lose_all(MemoryKeys& keys);                          // as after a reinstallation: key_missing
void invalidate_all(MemoryKeys& keys);                    // as after a new fingerprint: key_invalidated
void set_available(MemoryKeys& keys, bool is_available);  // as while the device is locked: temporarily_unavailable

}  // namespace latchkey::vault
