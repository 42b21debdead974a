#include "sql/transaction.h"

#include <cstring>

namespace latchkey::sql {
namespace {

bool is_ascii_block(const char* at) {
  std::uint64_t block = 0;
  std::memcpy(&block, at, sizeof(block));
  const std::uint64_t high = block & 0x8080808080808080U;
  const std::uint64_t zero = (block - 0x0101010101010101U) & ~block & 0x8080808080808080U;  // a byte is 0
  return (high | zero) == 0;
}

struct Form {  // RFC 3629 section 4: how a lead byte goes on, and what its second byte may be
  std::size_t size;
  std::uint8_t low;
  std::uint8_t high;
};
Form form_of(std::uint8_t lead) {
  if (lead >= 0x01 && lead <= 0x7f) return {1, 0, 0};
  if (lead >= 0xc2 && lead <= 0xdf) return {2, 0x80, 0xbf};
  if (lead == 0xe0) return {3, 0xa0, 0xbf};
  if (lead == 0xed) return {3, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {3, 0x80, 0xbf};
  if (lead == 0xf0) return {4, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {4, 0x80, 0xbf};
  if (lead == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

bool is_storable(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (at + 8 <= bytes.size() && is_ascii_block(text.data() + at)) {
      at += 8;
      continue;
    }
    const Form form = form_of(bytes[at]);
    if (form.size == 0 || at + form.size > bytes.size()) return false;
    if (form.size > 1 && (bytes[at + 1] < form.low || bytes[at + 1] > form.high)) return false;
    for (std::size_t i = 2; i < form.size; ++i) {
      if ((bytes[at + i] & 0xc0U) != 0x80U) return false;
    }
    at += form.size;
  }
  return true;
}

}  // namespace

Status Transaction::admit(std::span<const Parameter> parameters) {
  for (const Parameter& parameter : parameters) {
    const auto* text = std::get_if<std::string_view>(&parameter.content());
    if (!failure_ && text != nullptr && !is_storable(*text))
      failure_ = Error{Code::invalid_argument, "text for the database must be UTF-8 without NUL"};
  }
  if (failure_) return tl::unexpected(*failure_);
  return {};
}

}  // namespace latchkey::sql
