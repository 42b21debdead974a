// libzstd: one frame, in one call, against a prefix. The only file pair that knows the library.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey::patch {

// Fails: internal (memory, in practice).
Result<Bytes> compress(ByteView content, ByteView prefix, int level);

// Fills `content` exactly; needs no memory in proportion to it. Fails: invalid_format.
Status decompress(ByteView packed, ByteView prefix, MutableBytes content);

}  // namespace latchkey::patch
