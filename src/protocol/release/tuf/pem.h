// Public keys as PEM (RFC 7468 section 13): how TUF metadata carries P-256 keys. Strict: lines of 64 columns ended by
// LF, one LF or none at the end.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::protocol::tuf {

// Fails: invalid_format, input_too_large (more than 1 KiB, which no key of ours has).
Result<Bytes> parse_public_key_pem(std::string_view pem);
std::string print_public_key_pem(ByteView spki);

}  // namespace latchkey::protocol::tuf
