#include "protocol/oauth/token_request.h"

#include <gtest/gtest.h>

#include "protocol/oauth/pkce.h"

namespace latchkey::protocol::oauth {
namespace {

Result<TokenRequest> parse_grant(std::string_view body) {
  return parse_token_request(*form::Form::parse(body), std::nullopt);
}
Code code_of_grant(std::string_view body) {
  const auto request = parse_grant(body);
  return request ? Code{} : request.error().code;
}

const std::string verifier(43, 'v');

TEST(TokenRequest, reads_a_code) {
  const auto request = parse_grant(
      "grant_type=authorization_code&client_id=app&code=c0de&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb&code_"
      "verifier=" +
      verifier);
  ASSERT_TRUE(request);
  const auto& grant = std::get<AuthorizationCodeGrant>(request->grant);
  EXPECT_EQ(grant.code.reveal_text(), "c0de");
  EXPECT_EQ(grant.redirect_uri, "http://127.0.0.1:5/cb");
  EXPECT_EQ(grant.verifier->reveal_text(), verifier);
  EXPECT_EQ(request->client.client_id, "app");
}

TEST(TokenRequest, reads_a_refresh_token) {
  const auto request = parse_grant(
      "grant_type=refresh_token&client_id=app&refresh_token=rt1_x&scope=b+a&resource=https%3A%2F%2Fapi.example");
  const auto& grant = std::get<RefreshTokenGrant>(request->grant);
  EXPECT_EQ(grant.refresh_token.reveal_text(), "rt1_x");
  EXPECT_EQ(grant.scope->print(), "a b");
  EXPECT_EQ(request->resource, "https://api.example");
}

TEST(TokenRequest, reads_client_credentials) {
  const auto request = parse_grant("grant_type=client_credentials&client_id=app&client_secret=s");
  EXPECT_FALSE(std::get<ClientCredentialsGrant>(request->grant).scope);
}

TEST(TokenRequest, refuses_other_grants) {
  for (const std::string_view type :
       {"password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "Authorization_Code"})
    EXPECT_EQ(code_of_grant("client_id=app&grant_type=" + std::string(type)), Code::unsupported_grant_type) << type;
  EXPECT_EQ(code_of_grant("client_id=app"), Code::invalid_request);
}

TEST(TokenRequest, names_what_is_missing_or_wrong) {
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&refresh_token=x"), Code::invalid_client);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a"), Code::invalid_request);
  EXPECT_EQ(code_of_grant("grant_type=authorization_code&client_id=a"), Code::invalid_request);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a&refresh_token=x&scope=%22"), Code::invalid_scope);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a&refresh_token=x&resource=api"), Code::invalid_target);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a&refresh_token=x&resource=https%3A%2F%2Fa%23f"),
            Code::invalid_target);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a&refresh_token=x%0Ay"), Code::invalid_request);
  EXPECT_EQ(code_of_grant("grant_type=refresh_token&client_id=a&refresh_token=" + std::string(9000, 'x')),
            Code::invalid_request);
}

TEST(TokenRequest, row_24_a_verifier_of_42_or_129_characters_is_an_invalid_grant) {
  for (const std::size_t size : {1U, 42U, 129U})
    EXPECT_EQ(code_of_grant("grant_type=authorization_code&client_id=a&code=c&code_verifier=" + std::string(size, 'v')),
              Code::invalid_grant)
        << size;
}

TEST(TokenRequest, prints_golden_forms) {
  const TokenRequest code{AuthorizationCodeGrant{AuthorizationCode::copy_of("c0de"), "http://127.0.0.1:5/cb",
                                                 *parse_pkce_verifier(verifier)},
                          std::nullopt,
                          {ClientAuthenticationMethod::none, "app", std::nullopt}};
  EXPECT_EQ(print_token_request(code),
            "grant_type=authorization_code&code=c0de&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2Fcb&code_verifier=" +
                WipedString(verifier) + "&client_id=app");
  const TokenRequest refresh{RefreshTokenGrant{RefreshToken::copy_of("rt1_x"), *Scope::parse("a b")},
                             "https://api.example",
                             {ClientAuthenticationMethod::none, "app", std::nullopt}};
  EXPECT_EQ(print_token_request(refresh),
            "grant_type=refresh_token&refresh_token=rt1_x&scope=a+b&resource=https%3A%2F%2Fapi.example&client_id=app");
}

TEST(TokenRequest, what_is_printed_can_be_read) {
  const TokenRequest request{ClientCredentialsGrant{*Scope::parse("x")},
                             std::nullopt,
                             {ClientAuthenticationMethod::client_secret_post, "app", ClientSecret::copy_of("s")}};
  const auto back = parse_grant(print_token_request(request));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<ClientCredentialsGrant>(back->grant).scope->print(), "x");
  EXPECT_EQ(back->client.secret->reveal_text(), "s");
}

}  // namespace
}  // namespace latchkey::protocol::oauth
