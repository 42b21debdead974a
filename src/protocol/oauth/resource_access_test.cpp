#include "protocol/oauth/resource_access.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"

namespace latchkey::protocol::oauth {
namespace {

TEST(ResourceAccess, reads_both_schemes_in_any_case) {
  EXPECT_EQ(parse_token_authorization("Bearer abc")->type, TokenType::bearer);
  const auto dpop = parse_token_authorization("dPOP a.b.c");
  EXPECT_EQ(dpop->type, TokenType::dpop);
  EXPECT_EQ(dpop->token.reveal_text(), "a.b.c");
}

TEST(ResourceAccess, refuses_other_schemes_and_malformed_tokens) {
  for (const std::string_view text : {"", "Basic YTpi", "Bearerabc", "Token abc"})
    EXPECT_EQ(parse_token_authorization(text).error().code, Code::invalid_token) << text;
  for (const std::string& text : {std::string("Bearer "), std::string("Bearer  a"), std::string("Bearer a b"),
                                  std::string("DPoP a, Bearer b"), "Bearer " + std::string(limits::jwt_bytes + 1, 'a')})
    EXPECT_EQ(parse_token_authorization(text).error().code, Code::invalid_request) << text;
}

TEST(ResourceAccess, what_is_printed_can_be_read) {
  const auto text = print_token_authorization(TokenType::dpop, AccessToken::copy_of("abc"));
  EXPECT_EQ(text, "DPoP abc");
  EXPECT_EQ(parse_token_authorization(text)->token.reveal_text(), "abc");
}

TEST(ResourceAccess, prints_golden_challenges) {
  EXPECT_EQ(print_challenge(TokenType::bearer, std::nullopt), "Bearer");
  EXPECT_EQ(print_challenge(TokenType::dpop, std::nullopt), R"(DPoP algs="ES256 EdDSA RS256")");
  EXPECT_EQ(print_challenge(TokenType::dpop, Error{Code::use_dpop_nonce, "repeat with the nonce"}),
            R"(DPoP error="use_dpop_nonce", error_description="repeat with the nonce", algs="ES256 EdDSA RS256")");
  EXPECT_EQ(print_challenge(TokenType::bearer, Error{Code::invalid_token, "a\"b"}),
            R"(Bearer error="invalid_token", error_description="ab")");
}

}  // namespace
}  // namespace latchkey::protocol::oauth
