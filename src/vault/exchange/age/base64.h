// Base64 as age headers have it (RFC 4648 section 4): no padding, no white space, no stray bits, so that every byte
// string has exactly one text form.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::vault::age {

std::string to_base64(ByteView bytes);
// Fails: invalid_format.
Result<Bytes> parse_base64(std::string_view text);

}  // namespace latchkey::vault::age
