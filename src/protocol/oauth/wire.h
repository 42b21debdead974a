// What the OAuth messages share: tests of characters, and Secret to and from fields.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "protocol/form.h"
#include "protocol/json.h"
#include "protocol/limits.h"

namespace latchkey::protocol::oauth {

// VSCHAR of RFC 6749 appendix A without the space: what ids, codes and tokens are made of.
inline bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// `prefix` in lower case.
inline bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(prefix.begin(), prefix.end(), text.begin(), [&](char p, char t) { return p == lower(t); });
}

template <class Secret>
std::optional<Secret> find_secret(const form::Form& form, std::string_view name) {
  const auto text = form.find(name);
  return text ? std::optional<Secret>(Secret::copy_of(*text)) : std::nullopt;
}

// A token or code: visible ASCII, no longer than a token may be. Fails: invalid_request.
template <class Secret>
Result<Secret> get_token(const form::Form& form, std::string_view name) {
  TRY(const auto text, form.get(name));
  if (text.size() > limits::jwt_bytes || !is_visible_ascii(text))
    return fail(Code::invalid_request, std::string(name) + " malformed");
  return Secret::copy_of(text);
}

// `resource` (RFC 8707). Fails: invalid_target.
Result<std::optional<std::string>> find_resource(const form::Form& form);

// A failure to read a peer's document, as protocol_violation.
template <class T>
Result<T> as_violation(Result<T> read) {
  if (!read && read.error().code != Code::protocol_violation)
    return fail(Code::protocol_violation, read.error().detail);
  return read;
}

}  // namespace latchkey::protocol::oauth
