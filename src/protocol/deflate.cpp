#include "protocol/deflate.h"

#include <zlib.h>

namespace latchkey::protocol {

Result<Bytes> compress(ByteView bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  Bytes packed(size);
  const int done = compress2(packed.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()), Z_BEST_COMPRESSION);
  if (done != Z_OK) return fail(Code::internal, "zlib failed to compress");
  packed.resize(size);
  return packed;
}

Result<Bytes> decompress(ByteView packed, std::size_t max_bytes) {
  // One byte more than allowed: a stream that fills it is too large, and never got any further.
  Bytes bytes(max_bytes + 1);
  uLongf size = static_cast<uLongf>(bytes.size());
  uLong read = static_cast<uLong>(packed.size());
  const int done = uncompress2(bytes.data(), &size, packed.data(), &read);
  if (size > max_bytes) return fail(Code::input_too_large, "compressed bytes");
  if (done != Z_OK || read != packed.size()) return fail(Code::invalid_format, "compressed bytes");
  bytes.resize(size);
  return bytes;
}

}  // namespace latchkey::protocol
