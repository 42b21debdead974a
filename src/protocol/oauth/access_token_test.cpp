#include "protocol/oauth/access_token.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view golden_token =
    R"({"iss":"https://id.example","sub":"u1","aud":"https://api.example","client_id":"app","jti":"j1","iat":1700000000,"exp":1700000300,)"
    R"("scope":"a b","sid":"s1","auth_time":1699999000,"acr":"1","gen":7,"cnf":{"jkt":"thumb"},)"
    R"("status":{"status_list":{"idx":5,"uri":"https://id.example/status-lists/0"}}})";

Result<AccessTokenClaims> read(std::string_view json) {
  return read_access_token_claims(jose::Claims(*json::parse_object(json)));
}

TEST(AccessToken, prints_and_reads_the_golden_claims) {
  AccessTokenClaims claims{"https://id.example",
                           "u1",
                           "https://api.example",
                           "app",
                           "j1",
                           from_unix_seconds(1'700'000'000),
                           from_unix_seconds(1'700'000'300),
                           "a b",
                           "s1",
                           "thumb",
                           from_unix_seconds(1'699'999'000),
                           "1",
                           7,
                           StatusReference{5, "https://id.example/status-lists/0"}};
  EXPECT_EQ(print_access_token_claims(claims), golden_token);
  const auto back = read(golden_token);
  ASSERT_TRUE(back);
  EXPECT_EQ(print_access_token_claims(*back), golden_token);
}

TEST(AccessToken, prints_no_more_than_there_is) {
  const AccessTokenClaims claims{"i", "app", "api", "app",        "j", from_unix_seconds(1), from_unix_seconds(2),
                                 "",  "",    "",    std::nullopt, "",  std::nullopt,         std::nullopt};
  EXPECT_EQ(print_access_token_claims(claims),
            R"({"iss":"i","sub":"app","aud":"api","client_id":"app","jti":"j","iat":1,"exp":2})");
}

TEST(AccessToken, rfc_9068_claims_are_required) {
  for (const std::string_view name : {"iss", "sub", "aud", "client_id", "jti", "iat", "exp"}) {
    std::string text(golden_token);
    text.replace(text.find("\"" + std::string(name) + "\""), name.size() + 2, "\"gone\"");
    EXPECT_EQ(read(text).error().code, Code::invalid_token) << name;
  }
}

TEST(AccessToken, a_confirmation_not_understood_does_not_make_a_bearer_token) {
  for (const std::string_view cnf : {R"({"x5t#S256":"a"})", "{}", R"({"jkt":1})", "null", "\"jkt\"", "[]"}) {
    std::string text(golden_token);
    text.replace(text.find(R"({"jkt":"thumb"})"), 15, cnf);
    EXPECT_EQ(read(text).error().code, Code::invalid_token) << cnf;
  }
}

TEST(AccessToken, a_status_list_is_named_whole_or_not_at_all) {
  constexpr std::string_view whole = R"({"idx":5,"uri":"https://id.example/status-lists/0"})";
  for (const std::string_view wrong :
       {R"({"idx":5})", R"({"uri":"u"})", R"({"idx":-1,"uri":"u"})", R"({"idx":"5","uri":"u"})", "[]"}) {
    std::string text(golden_token);
    text.replace(text.find(whole), whole.size(), wrong);
    EXPECT_EQ(read(text).error().code, Code::invalid_token) << wrong;
  }
  std::string text(golden_token);
  text.replace(text.find("status_list"), 11, "another_way");
  EXPECT_FALSE(read(text)->status);
}

TEST(AccessToken, several_audiences_are_refused) {
  std::string text(golden_token);
  text.replace(text.find(R"("https://api.example")"), 21, R"(["a","b"])");
  EXPECT_EQ(read(text).error().code, Code::invalid_token);
}

}  // namespace
}  // namespace latchkey::protocol::oauth
