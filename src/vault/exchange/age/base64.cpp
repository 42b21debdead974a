#include "vault/exchange/age/base64.h"

#include <algorithm>

#include "base/base64url.h"

namespace latchkey::vault::age {

std::string to_base64(ByteView bytes) {
  std::string text = to_base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  return text;
}

Result<Bytes> parse_base64(std::string_view text) {
  if (text.find_first_of("-_") != std::string_view::npos) return fail(Code::invalid_format, "base64");
  std::string other(text);
  std::replace(other.begin(), other.end(), '+', '-');
  std::replace(other.begin(), other.end(), '/', '_');
  auto bytes = parse_base64url(other);
  if (!bytes) return fail(Code::invalid_format, "base64");
  return bytes;
}

}  // namespace latchkey::vault::age
