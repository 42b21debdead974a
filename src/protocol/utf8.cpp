#include "protocol/utf8.h"

#include <cstring>

namespace latchkey::protocol::utf8 {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;  // 0 is never a continuation
}

bool continues(std::string_view text, std::size_t at) { return (byte_at(text, at) & 0xC0) == 0x80; }

// Eight bytes below 0x80 at the front.
bool starts_with_ascii_block(std::string_view text) {
  if (text.size() < 8) return false;
  std::uint64_t block;
  std::memcpy(&block, text.data(), 8);
  return (block & 0x8080808080808080ULL) == 0;
}

}  // namespace

// RFC 3629 section 4: the bounds of the second byte keep out overlong forms, surrogates and what is above U+10FFFF.
std::size_t character_size(std::string_view text) {
  const unsigned first = byte_at(text, 0), second = byte_at(text, 1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(text, 1)) return 0;
  if (first < 0xE0) return 2;
  if (!continues(text, 2)) return 0;
  if (first < 0xF0) return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
  if (!continues(text, 3)) return 0;
  return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
}

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    if (starts_with_ascii_block(text)) {
      text.remove_prefix(8);
      continue;
    }
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace latchkey::protocol::utf8
