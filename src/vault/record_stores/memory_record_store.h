// A record store that lives as long as the process: for vaults of type InMemory, and for tests.
#pragma once

#include <memory>

#include "vault/record_store.h"

namespace latchkey::vault {

// Stores made from one medium see the same contents, as processes sharing a file do.
class MemoryMedium;
std::shared_ptr<MemoryMedium> make_memory_medium();
std::unique_ptr<RecordStore> make_memory_record_store(std::shared_ptr<MemoryMedium> medium = make_memory_medium());

}  // namespace latchkey::vault
