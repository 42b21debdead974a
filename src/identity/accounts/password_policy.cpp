#include "identity/accounts/password_policy.h"

#include <algorithm>

#include "base/wiping.h"
#include "crypto/argon2id.h"
#include "identity/accounts/common_passwords.h"
#include "protocol/limits.h"
#include "protocol/unicode_text.h"

namespace latchkey::identity {

namespace {

static_assert(protocol::limits::password_bytes == crypto::max_password_size);

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

char to_lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

WipedString to_lower(std::string_view text) {
  WipedString lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char byte) { return to_lower(byte); });
  return lower;
}

// "abcabcabcabcabc": a unit of at most four bytes, over and over.
bool is_repetition(std::string_view text) {
  for (std::size_t unit = 1; unit <= 4; ++unit) {
    std::size_t at = unit;
    while (at < text.size() && text[at] == text[at - unit]) ++at;
    if (at == text.size()) return true;
  }
  return false;
}

// "abcdefghijklmno", "987654321098765": every byte one more (or one less) than the one before, digits going round.
bool is_sequence(std::string_view text) {
  const auto is_step = [](char from, char to, int by) {
    if (from >= '0' && from <= '9' && to >= '0' && to <= '9') return (from - '0' + by + 10) % 10 == to - '0';
    return from + by == to;
  };
  for (const int by : {1, -1}) {
    std::size_t at = 1;
    while (at < text.size() && is_step(text[at - 1], text[at], by)) ++at;
    if (at == text.size()) return true;
  }
  return false;
}

// The login name, its part before '@', or either with at most four characters around it.
bool is_made_of(std::string_view password, std::string_view login_name) {
  const std::string_view local_part = login_name.substr(0, login_name.find('@'));
  for (const std::string_view part : {login_name, local_part}) {
    if (part.size() >= 4 && password.size() <= part.size() + 4 && password.find(part) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

Result<Password> normalise_password(std::string_view typed) {
  if (typed.empty()) return fail(Code::invalid_argument, "Enter a password.");
  if (typed.size() > protocol::limits::password_bytes)
    return fail(Code::invalid_argument, "The password is too long: at most 1,024 bytes.");
  if (typed.find('\0') != std::string_view::npos)
    return fail(Code::invalid_argument, "The password holds a character that cannot be used.");
  const auto composed = protocol::compose_secret(typed);
  if (!composed) return fail(Code::invalid_argument, "The password holds a character that cannot be used.");
  return Password::copy_of(*composed);
}

Status check_new_password(const Password& password, std::string_view login_name) {
  const std::string_view text = password.reveal_text();
  if (count_characters(text) < protocol::limits::password_minimum_characters)
    return fail(Code::invalid_argument,
                "The password is too short: use at least 15 characters, for example four words.");
  const WipedString lower = to_lower(text);
  if (is_repetition(lower) || is_sequence(lower) || is_common_password(lower))
    return fail(Code::invalid_argument, "This password is among the first that are guessed. Choose another.");
  if (is_made_of(lower, login_name))
    return fail(Code::invalid_argument, "The password is too close to the login name. Choose another.");
  return {};
}

}  // namespace latchkey::identity
