// Counters that live as long as the process: for tests of what a vault does with an anchor.
#pragma once

#include <memory>

#include "vault/rollback_anchor.h"

namespace latchkey::vault {

// Anchors made from one device hold the same counters.
class MemoryCounters;
std::shared_ptr<MemoryCounters> make_memory_counters();
std::unique_ptr<RollbackAnchor> make_memory_rollback_anchor(
    std::shared_ptr<MemoryCounters> counters = make_memory_counters());

// What happens to the counters of a device.
void clear_all(MemoryCounters& counters);                         // as after TPM2_Clear: key_missing
void set_available(MemoryCounters& counters, bool is_available);  // as while the TPM is busy: temporarily_unavailable

}  // namespace latchkey::vault
