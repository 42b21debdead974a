// A counter in the non-volatile memory of the machine's TPM 2.0 (Library Part 1, 37.2.4). It takes no PIN: any program
// that may talk to the TPM may count it up or remove it, which costs the owner the anchor, or makes a fresh file look
// old; none can count it down, nor make one in its place that starts at or below it.
#pragma once

#include <memory>

#include "vault/rollback_anchor.h"
#include "vault/tpm2/tpm2_location.h"

namespace latchkey::vault {

// Parameters: version(1) = 1 | NV index(4) | mark(32), random, in the index's public part | name of the TPM's storage
// key(34). Removing and making take the owner hierarchy, whose password must be empty.
std::unique_ptr<RollbackAnchor> make_tpm2_rollback_anchor(std::string tcti = tpm2::default_tcti);

}  // namespace latchkey::vault
