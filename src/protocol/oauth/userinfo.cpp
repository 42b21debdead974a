#include "protocol/oauth/userinfo.h"

#include "protocol/json.h"
#include "protocol/oauth/wire.h"

namespace latchkey::protocol::oauth {
namespace {

struct UserClaim {
  std::string_view name;
  std::optional<std::string> UserClaims::* field;
};
constexpr UserClaim user_claims[] = {
    {"name", &UserClaims::name},
    {"given_name", &UserClaims::given_name},
    {"family_name", &UserClaims::family_name},
    {"preferred_username", &UserClaims::preferred_username},
    {"picture", &UserClaims::picture},
    {"locale", &UserClaims::locale},
    {"zoneinfo", &UserClaims::zoneinfo},
    {"email", &UserClaims::email},
};

}  // namespace

template <class Text>
void print_user_claims(json::BasicWriter<Text>& writer, const UserClaims& claims) {
  writer.member("sub", claims.subject);
  for (const auto& [name, field] : user_claims) writer.member(name, claims.*field);
  writer.member("email_verified", claims.email_verified);
}
template void print_user_claims(json::BasicWriter<std::string>&, const UserClaims&);
template void print_user_claims(json::BasicWriter<WipedString>&, const UserClaims&);

Result<UserClaims> read_user_claims(const json::Value& object) {
  UserClaims claims;
  TRY(const auto subject, json::get_string(object, "sub"));
  claims.subject = subject;
  for (const auto& [name, field] : user_claims) {
    TRY(const auto text, json::find_string(object, name));
    if (text) claims.*field = std::string(*text);
  }
  TRY(claims.email_verified, json::find_bool(object, "email_verified"));
  return claims;
}

std::string print_userinfo(const UserClaims& claims) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  print_user_claims(writer, claims);
  writer.end_object();
  return text;
}

Result<UserClaims> parse_userinfo(std::string_view text, std::string_view subject) {
  TRY(const json::Value object, as_violation(json::parse_object(text)));
  TRY(UserClaims claims, as_violation(read_user_claims(object)));
  if (claims.subject != subject) return fail(Code::invalid_token, "userinfo is about another user");
  return claims;
}

}  // namespace latchkey::protocol::oauth
