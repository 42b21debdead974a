#include "protocol/oauth/base64.h"

#include <algorithm>

#include "base/base64url.h"

namespace latchkey::protocol::oauth {
namespace {

// The two alphabets differ in two characters; what belongs to the other one becomes one that neither has.
char to_url_alphabet(char c) { return c == '+' ? '-' : c == '/' ? '_' : c == '-' || c == '_' ? '!' : c; }
char from_url_alphabet(char c) { return c == '-' ? '+' : c == '_' ? '/' : c; }

}  // namespace

WipedString to_base64(std::string_view bytes) {
  std::string unpadded = to_base64url(as_bytes(bytes));
  WipedString text(unpadded);
  secure_wipe({reinterpret_cast<std::uint8_t*>(unpadded.data()), unpadded.size()});
  std::transform(text.begin(), text.end(), text.begin(), from_url_alphabet);
  text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

Result<WipedString> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) return fail(Code::invalid_format, "base64");
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  WipedString unpadded(text);
  std::transform(unpadded.begin(), unpadded.end(), unpadded.begin(), to_url_alphabet);
  WipedString bytes;
  bytes.resize(unpadded.size() * 3 / 4);
  TRY_DO(parse_base64url_into(unpadded, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

}  // namespace latchkey::protocol::oauth
