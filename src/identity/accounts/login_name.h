// The one form of a login name that is stored and compared.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace latchkey::identity {

// Trims spaces around it and lowers A-Z. 1 to 254 bytes of printable UTF-8 without spaces or control characters; other
// letters are kept as they are. Fails: invalid_argument.
Result<std::string> normalise_login_name(std::string_view typed);

}  // namespace latchkey::identity
