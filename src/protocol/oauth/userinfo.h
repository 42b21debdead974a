// The answer of /userinfo, and the claims about a user an ID token may carry (OpenID Connect Core 5.1, 5.3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace latchkey::protocol::oauth {

struct UserClaims {
  std::string subject;
  std::optional<std::string> name, given_name, family_name, preferred_username, picture, locale, zoneinfo, email;
  std::optional<bool> email_verified;

  friend bool operator==(const UserClaims&, const UserClaims&) = default;
};

// The members alone, within an object begun by the caller.
template <class Text>
void print_user_claims(json::BasicWriter<Text>& writer, const UserClaims& claims);
// Fails: invalid_format.
Result<UserClaims> read_user_claims(const json::Value& object);

std::string print_userinfo(const UserClaims& claims);
// Fails: protocol_violation; invalid_token when `sub` is not `subject`, the ID token's (Core 5.3.2).
Result<UserClaims> parse_userinfo(std::string_view json, std::string_view subject);

}  // namespace latchkey::protocol::oauth
