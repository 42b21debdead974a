// What get_capabilities() answers, as JSON: for the command line and the C interface.
#pragma once

#include <string>

#include "vault/user_presence.h"

namespace latchkey::vault {

// {"types":[{"method","strength","available","enrolled","permission","key_bound","locked_out_until_ms","problem"}...],
// "strength","enrolled","permission","locked_out","locked_out_until_ms","device_credential","secure_hardware",
// "key_bound"}. Names in place of numbers; what there is nothing to say about is left out.
std::string print_capabilities(const Capabilities& capabilities);

}  // namespace latchkey::vault
