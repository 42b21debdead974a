#include "base/base64url.h"

namespace latchkey {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::uint8_t, 256> values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(0xff);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

template <class Text>
void append_to(Text& to, ByteView bytes) {
  std::uint32_t window = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    window = (window << 8) | byte;
    for (bits += 8; bits >= 6;) to.push_back(alphabet[(window >> (bits -= 6)) & 63]);
  }
  if (bits > 0) to.push_back(alphabet[(window << (6 - bits)) & 63]);
}

}  // namespace

void append_base64url(std::string& to, ByteView bytes) { append_to(to, bytes); }
void append_base64url(WipedString& to, ByteView bytes) { append_to(to, bytes); }

std::string to_base64url(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  append_base64url(text, bytes);
  return text;
}

Status parse_base64url_into(std::string_view text, MutableBytes out) {
  if (text.size() % 4 == 1) return fail(Code::invalid_format, "base64url: impossible length");
  if (out.size() != text.size() * 3 / 4) return fail(Code::invalid_format, "base64url: unexpected length");
  std::uint32_t window = 0;
  int bits = 0;
  std::size_t written = 0;
  for (const char c : text) {
    const std::uint8_t value = values[static_cast<std::uint8_t>(c)];
    if (value == 0xff) return fail(Code::invalid_format, "base64url: foreign character");
    window = (window << 6) | value;
    bits += 6;
    if (bits >= 8) out[written++] = static_cast<std::uint8_t>(window >> (bits -= 8));
  }
  if ((window & ((1U << bits) - 1)) != 0) return fail(Code::invalid_format, "base64url: stray bits");
  return {};
}

Result<Bytes> parse_base64url(std::string_view text) {
  Bytes bytes(text.size() * 3 / 4);
  TRY_DO(parse_base64url_into(text, bytes));
  return bytes;
}

}  // namespace latchkey
