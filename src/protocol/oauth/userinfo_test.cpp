#include "protocol/oauth/userinfo.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view golden_userinfo =
    R"({"sub":"u1","name":"A B","preferred_username":"ab","email":"a@b.example","email_verified":true})";

TEST(Userinfo, prints_and_reads_the_golden_document) {
  UserClaims claims;
  claims.subject = "u1";
  claims.name = "A B";
  claims.preferred_username = "ab";
  claims.email = "a@b.example";
  claims.email_verified = true;
  EXPECT_EQ(print_userinfo(claims), golden_userinfo);
  EXPECT_EQ(*parse_userinfo(golden_userinfo, "u1"), claims);
}

TEST(Userinfo, about_another_user_is_refused) {
  EXPECT_EQ(parse_userinfo(golden_userinfo, "u2").error().code, Code::invalid_token);
}

TEST(Userinfo, refuses_wrong_types) {
  for (const std::string_view text :
       {"{}", R"({"sub":1})", R"({"sub":"u1","email":[]})", R"({"sub":"u1","email_verified":"true"})", "x"})
    EXPECT_EQ(parse_userinfo(text, "u1").error().code, Code::protocol_violation) << text;
}

}  // namespace
}  // namespace latchkey::protocol::oauth
