#include "http/cookie.h"

#include <algorithm>

namespace latchkey::http {
namespace {

bool is_cookie_octet(char c) {  // RFC 6265 section 4.1.1
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool is_name_char(char c) {  // token of RFC 9110 section 5.6.2
  return is_cookie_octet(c) && std::string_view("()<>@:/[]?={}").find(c) == std::string_view::npos;
}

std::string_view take_pair(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  std::string_view pair = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) pair.remove_prefix(1);
  while (!pair.empty() && (pair.back() == ' ' || pair.back() == '\t')) pair.remove_suffix(1);
  return pair;
}

}  // namespace

std::optional<std::string_view> find_cookie(const Headers& headers, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto [field, value] : headers) {
    if (!is_same_name(field, "cookie")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view pair = take_pair(rest);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      const std::string_view candidate = pair.substr(equals + 1);
      if (found && *found != candidate) return std::nullopt;
      found = candidate;
    }
  }
  return found;
}

Result<WipedString> print_set_cookie(const SetCookie& cookie) {
  if (cookie.name.empty() || !std::all_of(cookie.name.begin(), cookie.name.end(), is_name_char) ||
      !std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_octet))
    return fail(Code::invalid_argument, "characters a cookie cannot carry");
  if (!cookie.is_secure && (cookie.name.starts_with("__Host-") || cookie.name.starts_with("__Secure-")))
    return fail(Code::invalid_argument, "a cookie with this prefix must be secure");
  WipedString text;
  text.reserve(cookie.name.size() + cookie.value.size() + 96);
  text.append(cookie.name).append("=").append(cookie.value).append("; Path=/; HttpOnly");
  if (cookie.is_secure) text.append("; Secure");
  text.append(cookie.same_site == SameSite::strict ? "; SameSite=Strict" : "; SameSite=Lax");
  if (cookie.max_age) text.append("; Max-Age=").append(std::to_string(cookie.max_age->count()));
  return text;
}

}  // namespace latchkey::http
