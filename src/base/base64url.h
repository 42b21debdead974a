// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: no padding, no white space, no '+' or
// '/', and no stray bits in the last character, so that every byte string has exactly one text form.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/wiping.h"

namespace latchkey {

std::string to_base64url(ByteView bytes);
void append_base64url(std::string& to, ByteView bytes);
// For secrets.
WipedString to_wiped_base64url(ByteView bytes);
void append_base64url(WipedString& to, ByteView bytes);

// Fails: invalid_format. Bounds are the caller's: the result is three quarters as long as `text`.
Result<Bytes> parse_base64url(std::string_view text);

// Decodes into `out`, which must be exactly as long as the decoded bytes; for secrets, so that no copy is left. Fails:
// invalid_format; what `out` holds then is meaningless.
Status parse_base64url_into(std::string_view text, MutableBytes out);

}  // namespace latchkey
