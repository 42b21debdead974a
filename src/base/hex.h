// Hexadecimal, strictly: lower case, two digits a byte, so that every byte string has exactly one text form. Printing:
// to_hex (base/bytes.h).
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace latchkey {

// Fails: invalid_format. Bounds are the caller's: the result is half as long as `text`.
Result<Bytes> parse_hex(std::string_view text);

// Fills `out`, which must be exactly half as long as `text`. Fails: invalid_format; what `out` holds then is
// meaningless.
Status parse_hex_into(std::string_view text, MutableBytes out);

// parse_hex_array<32>(text): exactly N bytes. Fails: invalid_format.
template <std::size_t N>
Result<ByteArray<N>> parse_hex_array(std::string_view text) {
  ByteArray<N> bytes;
  TRY_DO(parse_hex_into(text, bytes));
  return bytes;
}

}  // namespace latchkey
