// Padded base64 (RFC 4648 section 4), only for Basic credentials (RFC 7617).
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::protocol::oauth {

WipedString to_base64(std::string_view bytes);
// Strict: padding required, nothing else than the alphabet, no stray bits. Fails: invalid_format.
Result<WipedString> parse_base64(std::string_view text);

}  // namespace latchkey::protocol::oauth
