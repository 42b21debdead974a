// Cookies on the server's side (RFC 6265bis): reading one by name, printing Set-Cookie with the safe attributes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"
#include "http/headers.h"

namespace latchkey::http {

// The value of the cookie `name` (case-sensitive). None when it is absent, and when it was sent twice with different
// values: somebody else planted one of them.
std::optional<std::string_view> find_cookie(const Headers& headers, std::string_view name);

enum class SameSite { lax, strict };

// Always HttpOnly and Path=/, without Domain. A name that starts with "__Host-" must be secure.
struct SetCookie {
  std::string_view name;
  std::string_view value;
  SameSite same_site = SameSite::lax;
  bool is_secure = true;                                       // false only for plain http on loopback
  std::optional<std::chrono::seconds> max_age = std::nullopt;  // absent: until the browser closes; 0: delete it
};

// The value of a Set-Cookie field. Fails: invalid_argument (characters a cookie cannot carry; "__Host-" not secure).
Result<WipedString> print_set_cookie(const SetCookie& cookie);

}  // namespace latchkey::http
