// Bytes packed in the ZLIB format (RFC 1950) with DEFLATE, and back under a limit: the adapter of zlib.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::protocol {

// At zlib's highest level. Fails: internal (out of memory).
Result<Bytes> compress(ByteView bytes);

// Exactly one stream, whole and with its checksum; nothing may follow it. Reads no further than `max_bytes` of output,
// however much the input promises. Fails: input_too_large, invalid_format.
Result<Bytes> decompress(ByteView packed, std::size_t max_bytes);

}  // namespace latchkey::protocol
