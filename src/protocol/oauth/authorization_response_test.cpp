#include "protocol/oauth/authorization_response.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

using enum IssuerParameter;

Result<AuthorizationResponse> parse_response(std::string_view query) {
  return parse_authorization_response(*form::Form::parse(query));
}
Code check(std::string_view query, IssuerParameter issuer = required) {
  const Status status = check_authorization_response(*parse_response(query), "s", "https://id.example", issuer);
  return status ? Code{} : status.error().code;
}

TEST(AuthorizationResponse, prints_golden_redirects) {
  EXPECT_EQ(print_authorization_response("http://127.0.0.1:5/cb",
                                         {AuthorizationCode::copy_of("c0de"), "s 1", "https://id.example"}),
            "http://127.0.0.1:5/cb?code=c0de&state=s+1&iss=https%3A%2F%2Fid.example");
  EXPECT_EQ(
      print_authorization_response("https://app.example/cb?x=1", {Error{Code::access_denied, "the user said no"},
                                                                  std::nullopt, "https://id.example"}),
      "https://app.example/cb?x=1&error=access_denied&error_description=the+user+said+no&iss=https%3A%2F%2Fid.example");
}

TEST(AuthorizationResponse, row_21_cannot_be_split_by_a_state) {
  const auto location = print_authorization_response(
      "https://app.example/cb",
      {AuthorizationCode::copy_of("c"), "a\r\nSet-Cookie: x&code=evil", "https://id.example"});
  EXPECT_EQ(location.find_first_of("\r\n "), WipedString::npos);
  EXPECT_EQ(location,
            "https://app.example/cb?code=c&state=a%0D%0ASet-Cookie%3A+x%26code%3Devil&iss=https%3A%2F%2Fid.example");
}

TEST(AuthorizationResponse, reads_codes_and_errors) {
  const auto good = parse_response("code=c0de&state=s&iss=https%3A%2F%2Fid.example");
  EXPECT_EQ(std::get<AuthorizationCode>(good->result).reveal_text(), "c0de");
  const auto refused = parse_response("error=access_denied&error_description=%3Cb%3E&state=s");
  EXPECT_EQ(std::get<Error>(refused->result), (Error{Code::access_denied, "access_denied"}));
}

TEST(AuthorizationResponse, both_or_neither_is_a_violation) {
  EXPECT_EQ(parse_response("code=c&error=access_denied").error().code, Code::protocol_violation);
  EXPECT_EQ(parse_response("state=s").error().code, Code::protocol_violation);
  EXPECT_FALSE(parse_response("code=a+b"));
}

TEST(AuthorizationResponse, state_must_be_ours) {
  EXPECT_EQ(check("code=c&state=s&iss=https%3A%2F%2Fid.example"), Code{});
  EXPECT_EQ(check("code=c&state=t&iss=https%3A%2F%2Fid.example"), Code::state_mismatch);
  EXPECT_EQ(check("code=c&iss=https%3A%2F%2Fid.example"), Code::state_mismatch);
}

TEST(AuthorizationResponse, row_11_a_missing_or_other_issuer_is_refused) {
  EXPECT_EQ(check("code=c&state=s"), Code::issuer_mismatch);
  EXPECT_EQ(check("code=c&state=s&iss=https%3A%2F%2Fid.example%2F"), Code::issuer_mismatch);
  EXPECT_EQ(check("error=access_denied&state=s&iss=https%3A%2F%2Fevil.example"), Code::issuer_mismatch);
  EXPECT_EQ(check("code=c&state=s", IssuerParameter::optional), Code{});
  EXPECT_EQ(check("code=c&state=s&iss=https%3A%2F%2Fevil.example", IssuerParameter::optional), Code::issuer_mismatch);
}

}  // namespace
}  // namespace latchkey::protocol::oauth
