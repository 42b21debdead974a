#include "http/client/field_syntax.h"

#include <algorithm>

#include "http/field_text.h"

namespace latchkey::http {

bool is_field_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

Result<Headers::Field> parse_field(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto colon = line.find(':');
  if (colon == line.npos || !is_field_name(line.substr(0, colon)) || !is_field_value(line.substr(colon + 1)))
    return fail(Code::protocol_violation, "response head");
  return Headers::Field{line.substr(0, colon), trim(line.substr(colon + 1))};
}

}  // namespace latchkey::http
