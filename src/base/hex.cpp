#include "base/hex.h"

namespace latchkey {
namespace {

// 0 to 15, or 16 and above for what is no digit.
unsigned digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  return 16;
}

}  // namespace

Status parse_hex_into(std::string_view text, MutableBytes out) {
  if (text.size() != out.size() * 2) return fail(Code::invalid_format, "hex: length");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = digit_value(text[2 * i]);
    const unsigned low = digit_value(text[2 * i + 1]);
    if (high > 15 || low > 15) return fail(Code::invalid_format, "hex: digit");
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return {};
}

Result<Bytes> parse_hex(std::string_view text) {
  Bytes bytes(text.size() / 2);
  TRY_DO(parse_hex_into(text, bytes));
  return bytes;
}

}  // namespace latchkey
