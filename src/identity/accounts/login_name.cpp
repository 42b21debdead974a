#include "identity/accounts/login_name.h"

#include "protocol/limits/identity.h"
#include "protocol/unicode_text.h"

namespace latchkey::identity {

namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_forbidden_character(std::string_view text) {
  for (const char byte : text)
    if (static_cast<unsigned char>(byte) <= 0x20 || byte == 0x7F) return true;
  return false;
}

}  // namespace

Result<std::string> normalise_login_name(std::string_view typed) {
  const std::string_view trimmed = trim(typed);
  if (trimmed.empty()) return fail(Code::invalid_argument, "Enter a login name.");
  if (trimmed.size() > protocol::limits::login_name_bytes)
    return fail(Code::invalid_argument, "The login name is too long.");
  if (has_forbidden_character(trimmed))
    return fail(Code::invalid_argument, "A login name has no spaces or control characters.");
  const auto folded = protocol::fold_compatible(trimmed);
  if (!folded || folded->size() > protocol::limits::login_name_bytes || has_forbidden_character(*folded))
    return fail(Code::invalid_argument, "The login name holds a character that cannot be used.");
  return *folded;
}

}  // namespace latchkey::identity
