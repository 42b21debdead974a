// Where a TPM is, as the TSS names it: an option of everything that uses one.
#pragma once

#include <string>

namespace latchkey::vault::tpm2 {

// The kernel's resource manager. Named here and not looked for: the TSS would go on to try simulators on loopback
// ports, where any user may listen; and no environment variable is asked. Its users are in the group `tss`.
inline constexpr const char* default_tcti = "device:/dev/tpmrm0";

// False when `tcti` names a device that does not exist; everything else is found out by talking to it.
bool is_present(const std::string& tcti);

}  // namespace latchkey::vault::tpm2
