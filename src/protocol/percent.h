// Percent codes (RFC 3986 section 2.1), for URIs and forms.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey::protocol::percent {

inline int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte of the code whose '%' is at `at`, or -1 if it is not a complete one.
inline int byte_at(std::string_view text, std::size_t at) {
  if (text.size() - at < 3) return -1;
  const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

template <class Text>
void append_code(Text& to, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  to.push_back('%');
  to.push_back(digits[static_cast<unsigned char>(c) >> 4]);
  to.push_back(digits[static_cast<unsigned char>(c) & 15]);
}

}  // namespace latchkey::protocol::percent
