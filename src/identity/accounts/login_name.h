// The one form of a login name that is stored and compared.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace latchkey::identity {

// "  Ada@Example.ORG" -> "ada@example.org": spaces around it go, then Unicode NFKC with case folding, so that
// look-alike spellings of one name are one name. 1 to 254 bytes, no spaces or control characters. Fails:
// invalid_argument, with a sentence in `detail` that can be shown to the user.
Result<std::string> normalise_login_name(std::string_view typed);

}  // namespace latchkey::identity
