#include "protocol/oauth/token_reference.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

Result<TokenReference> reference_of(std::string_view body) {
  return parse_token_reference(*form::Form::parse(body), std::nullopt);
}

TEST(TokenReference, reads_and_prints) {
  const auto reference = reference_of("token=abc&token_type_hint=refresh_token&client_id=api&client_secret=s");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->token.reveal_text(), "abc");
  EXPECT_EQ(reference->hint, TokenHint::refresh_token);
  EXPECT_EQ(reference->client.client_id, "api");
  EXPECT_EQ(print_token_reference(*reference), "token=abc&token_type_hint=refresh_token&client_id=api&client_secret=s");
  EXPECT_EQ(print_token_reference(*reference_of("client_id=app&token=abc&token_type_hint=access_token")),
            "token=abc&token_type_hint=access_token&client_id=app");
}

TEST(TokenReference, unknown_hints_are_ignored) {
  EXPECT_EQ(reference_of("token=abc&token_type_hint=saml&client_id=api")->hint, TokenHint::none);
}

TEST(TokenReference, refuses_missing_and_oversized_tokens) {
  EXPECT_EQ(reference_of("client_id=api").error().code, Code::invalid_request);
  EXPECT_EQ(reference_of("client_id=api&token=" + std::string(9000, 'x')).error().code, Code::invalid_request);
  EXPECT_EQ(reference_of("token=abc").error().code, Code::invalid_client);
}

}  // namespace
}  // namespace latchkey::protocol::oauth
