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
void append_encoded(Text& to, ByteView bytes) {
  const std::size_t before = to.size();
  to.resize(before + (bytes.size() * 4 + 2) / 3);
  char* out = to.data() + before;
  const auto put = [&out](std::uint32_t window, unsigned shift) { *out++ = alphabet[(window >> shift) & 63]; };
  for (; bytes.size() >= 3; bytes = bytes.subspan(3)) {
    const std::uint32_t window = std::uint32_t{bytes[0]} << 16 | std::uint32_t{bytes[1]} << 8 | bytes[2];
    put(window, 18), put(window, 12), put(window, 6), put(window, 0);
  }
  if (bytes.empty()) return;
  const std::uint32_t window = std::uint32_t{bytes[0]} << 16 | (bytes.size() == 2 ? std::uint32_t{bytes[1]} << 8 : 0U);
  put(window, 18), put(window, 12);
  if (bytes.size() == 2) put(window, 6);
}

constexpr std::uint8_t foreign_bit = 0x80;  // of no value below 64

std::uint32_t value_of(char c) { return values[static_cast<std::uint8_t>(c)]; }

}  // namespace

void append_base64url(std::string& to, ByteView bytes) { append_encoded(to, bytes); }
void append_base64url(WipedString& to, ByteView bytes) { append_encoded(to, bytes); }

std::string to_base64url(ByteView bytes) {
  std::string text;
  append_encoded(text, bytes);
  return text;
}

WipedString to_wiped_base64url(ByteView bytes) {
  WipedString text;
  append_encoded(text, bytes);
  return text;
}

Status parse_base64url_into(std::string_view text, MutableBytes out) {
  if (text.size() % 4 == 1) return fail(Code::invalid_format, "base64url: impossible length");
  if (out.size() != text.size() * 3 / 4) return fail(Code::invalid_format, "base64url: unexpected length");
  std::uint32_t seen = 0;  // every value, one over the other
  std::uint8_t* at = out.data();
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const std::uint32_t a = value_of(text[0]), b = value_of(text[1]), c = value_of(text[2]), d = value_of(text[3]);
    seen |= a | b | c | d;
    *at++ = static_cast<std::uint8_t>(a << 2 | b >> 4);
    *at++ = static_cast<std::uint8_t>(b << 4 | c >> 2);
    *at++ = static_cast<std::uint8_t>(c << 6 | d);
  }
  std::uint32_t stray = 0;
  if (!text.empty()) {  // 2 characters for 1 byte, 3 for 2
    const std::uint32_t a = value_of(text[0]), b = value_of(text[1]), c = text.size() == 3 ? value_of(text[2]) : 0;
    seen |= a | b | c;
    *at++ = static_cast<std::uint8_t>(a << 2 | b >> 4);
    if (text.size() == 3) *at++ = static_cast<std::uint8_t>(b << 4 | c >> 2);
    stray = text.size() == 3 ? c & 3 : b & 15;
  }
  if ((seen & foreign_bit) != 0) return fail(Code::invalid_format, "base64url: foreign character");
  if (stray != 0) return fail(Code::invalid_format, "base64url: stray bits");
  return {};
}

Result<Bytes> parse_base64url(std::string_view text) {
  Bytes bytes(text.size() * 3 / 4);
  TRY_DO(parse_base64url_into(text, bytes));
  return bytes;
}

}  // namespace latchkey
