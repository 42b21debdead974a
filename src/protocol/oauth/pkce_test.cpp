#include "protocol/oauth/pkce.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

// RFC 7636 appendix B.
constexpr std::string_view verifier_text = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view rfc_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

TEST(Pkce, agrees_with_the_rfc) {
  const auto verifier = parse_pkce_verifier(verifier_text);
  ASSERT_TRUE(verifier);
  EXPECT_EQ(pkce_challenge(*verifier), rfc_challenge);
  EXPECT_TRUE(check_pkce(*verifier, rfc_challenge));
}

TEST(Pkce, another_verifier_is_refused) {
  const auto verifier = parse_pkce_verifier(std::string(43, 'a'));
  EXPECT_EQ(check_pkce(*verifier, rfc_challenge).error().code, Code::invalid_grant);
  EXPECT_FALSE(check_pkce(*verifier, ""));
  // As `plain` would have it.
  EXPECT_FALSE(check_pkce(*verifier, std::string(43, 'a')));
}

TEST(Pkce, verifiers_have_43_to_128_unreserved_characters) {
  EXPECT_TRUE(parse_pkce_verifier(std::string(43, '~')));
  EXPECT_TRUE(parse_pkce_verifier(std::string(128, '.')));
  EXPECT_FALSE(parse_pkce_verifier(std::string(42, 'a')));
  EXPECT_FALSE(parse_pkce_verifier(std::string(129, 'a')));
  EXPECT_FALSE(parse_pkce_verifier(std::string(43, '+')));
  EXPECT_FALSE(parse_pkce_verifier(std::string(43, ' ')));
}

TEST(Pkce, challenges_have_the_form_of_a_digest) {
  EXPECT_TRUE(check_pkce_challenge(rfc_challenge));
  for (const std::string& text : {std::string(), std::string(42, 'A'), std::string(44, 'A'), std::string(42, 'A') + "B",
                                  std::string(43, '+'), std::string(rfc_challenge) + "="})
    EXPECT_EQ(check_pkce_challenge(text).error().code, Code::invalid_request) << text;
}

TEST(Pkce, made_verifiers_are_valid) {
  ByteArray<32> random{};
  random[0] = 0xFF;
  const auto verifier = make_pkce_verifier(random);
  EXPECT_EQ(verifier.size(), 43U);
  EXPECT_TRUE(parse_pkce_verifier(verifier.reveal_text()));
  EXPECT_TRUE(check_pkce(verifier, pkce_challenge(verifier)));
}

}  // namespace
}  // namespace latchkey::protocol::oauth
