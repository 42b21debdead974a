#include "protocol/oauth/introspection.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

IntrospectionResponse example() {
  IntrospectionResponse response;
  response.active = true;
  response.scope = "a b";
  response.client_id = "app";
  response.subject = "user";
  response.audience = "api";
  response.issuer = "https://id.example";
  response.token_id = "j";
  response.session_id = "sid";
  response.token_type = TokenType::dpop;
  response.expires_at = from_unix_seconds(1'700'000'300);
  response.issued_at = from_unix_seconds(1'700'000'000);
  response.key_thumbprint = "jkt";
  return response;
}

constexpr std::string_view golden_introspection =
    R"({"active":true,"scope":"a b","client_id":"app","sub":"user","aud":"api","iss":"https://id.example","jti":"j","sid":"sid",)"
    R"("token_type":"DPoP","exp":1700000300,"iat":1700000000,"cnf":{"jkt":"jkt"}})";

TEST(IntrospectionResponse, prints_and_reads_the_golden_document) {
  EXPECT_EQ(print_introspection_response(example()), golden_introspection);
  EXPECT_EQ(print_introspection_response(*parse_introspection_response(golden_introspection)), golden_introspection);
}

TEST(IntrospectionResponse, says_nothing_about_an_inactive_token) {
  IntrospectionResponse response = example();
  response.active = false;
  EXPECT_EQ(print_introspection_response(response), R"({"active":false})");
}

TEST(IntrospectionResponse, refuses_what_it_cannot_rely_on) {
  for (const std::string_view text : {"", "{}", R"({"active":"true"})", R"({"active":true,"exp":"1"})",
                                      R"({"active":true,"cnf":[]})", R"({"active":true,"sub":7})"})
    EXPECT_EQ(parse_introspection_response(text).error().code, Code::protocol_violation) << text;
}

}  // namespace
}  // namespace latchkey::protocol::oauth
