#include "protocol/oauth/token_response.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

using std::chrono::seconds;

constexpr std::string_view golden_response =
    R"({"access_token":"at","token_type":"DPoP","expires_in":300,"refresh_token":"rt1_x","refresh_token_expires_in":2592000,)"
    R"("authorization_expires_in":15552000,"scope":"a b","id_token":"h.p.s"})";

TokenResponse example_response() {
  TokenResponse response;
  response.access_token = AccessToken::copy_of("at");
  response.token_type = TokenType::dpop;
  response.expires_in = seconds(300);
  response.refresh_token = RefreshToken::copy_of("rt1_x");
  response.refresh_token_expires_in = seconds(2'592'000);
  response.authorization_expires_in = seconds(15'552'000);
  response.scope = *Scope::parse("a b");
  response.id_token = IdToken::copy_of("h.p.s");
  return response;
}

TEST(TokenResponse, prints_the_golden_document) {
  EXPECT_EQ(print_token_response(example_response()), golden_response);
}

TEST(TokenResponse, reads_the_golden_document) {
  const auto response = parse_token_response(golden_response);
  ASSERT_TRUE(response);
  EXPECT_EQ(print_token_response(*response), golden_response);
}

TEST(TokenResponse, prints_no_more_than_there_is) {
  TokenResponse response;
  response.access_token = AccessToken::copy_of("at");
  response.expires_in = seconds(300);
  EXPECT_EQ(print_token_response(response), R"({"access_token":"at","token_type":"Bearer","expires_in":300})");
}

TEST(TokenResponse, takes_what_other_servers_write) {
  const auto response =
      parse_token_response(R"({"token_type":"bearer","access_token":"at","vendor":{"x":[1]},"not-before-policy":0})");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->token_type, TokenType::bearer);
  EXPECT_EQ(response->expires_in, seconds(0));
  EXPECT_FALSE(response->refresh_token);
}

TEST(TokenResponse, refuses_what_it_cannot_rely_on) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"access_token":"at"})", R"({"access_token":1,"token_type":"Bearer"})",
        R"({"access_token":"","token_type":"Bearer"})", R"({"access_token":"a b","token_type":"Bearer"})",
        R"({"access_token":"at","token_type":"mac"})",
        R"({"access_token":"at","token_type":"Bearer","expires_in":"300"})",
        R"({"access_token":"at","token_type":"Bearer","expires_in":-1})",
        R"({"access_token":"at","token_type":"Bearer","expires_in":3e2})",
        R"({"access_token":"at","token_type":"Bearer","refresh_token":null})",
        R"({"access_token":"at","access_token":"at","token_type":"Bearer"})"})
    EXPECT_EQ(parse_token_response(text).error().code, Code::protocol_violation) << text;
}

}  // namespace
}  // namespace latchkey::protocol::oauth
