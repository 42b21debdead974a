// Pieces of a header field's value (RFC 9110 section 5.6.3).
#pragma once

#include <string_view>

namespace latchkey::http {

// Without the optional white space around it.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace latchkey::http
