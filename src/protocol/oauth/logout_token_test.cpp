#include "protocol/oauth/logout_token.h"

#include <gtest/gtest.h>

#include "base/base64url.h"

namespace latchkey::protocol::oauth {
namespace {

const Instant logout_time = from_unix_seconds(1'700'000'000);
constexpr std::string_view golden_logout =
    R"({"iss":"https://id.example","aud":"app","jti":"j1","iat":1700000000,"exp":1700000120,"sub":"u1","sid":"s1",)"
    R"("events":{"http://schemas.openid.net/event/backchannel-logout":{}}})";

class LogoutTokens : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(keys_.add(jose::Jwk::of(key_))); }

  std::string sign(std::string_view payload, std::string_view typ = "logout+jwt") const {
    return std::string(*jose::JwsSigner(key_, {std::string(typ), jose::Jwk::of(key_).thumbprint(), {}}).sign(payload));
  }
  std::string with(std::string_view what, std::string_view by) const {
    std::string text(golden_logout);
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return sign(text.replace(at, what.size(), by));
  }
  Result<LogoutToken> verify(std::string_view token, Instant at = logout_time) const {
    return verify_logout_token(token, keys_, "https://id.example", "app", at);
  }
  std::string refused(std::string_view token, Instant at = logout_time) const {
    const auto read = verify(token, at);
    return read ? "" : read.error().detail;
  }

  crypto::SigningKey key_ = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  jose::Jwks keys_;
};

TEST_F(LogoutTokens, prints_the_golden_claims_and_reads_them) {
  const LogoutToken token{
      "https://id.example", "app", "j1", logout_time, logout_time + std::chrono::minutes(2), "u1", "s1"};
  EXPECT_EQ(print_logout_token_claims(token), golden_logout);
  const auto read = verify(sign(golden_logout));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(print_logout_token_claims(*read), golden_logout);
}

TEST_F(LogoutTokens, a_subject_or_a_session_is_enough) {
  EXPECT_EQ(verify(with(R"("sub":"u1",)", ""))->session_id, "s1");
  EXPECT_EQ(verify(with(R"("sid":"s1",)", ""))->subject, "u1");
  EXPECT_EQ(refused(with(R"("sub":"u1","sid":"s1",)", "")), "neither sub nor sid");
}

TEST_F(LogoutTokens, row_61_a_nonce_is_refused) {
  EXPECT_EQ(refused(with(R"("sub":"u1")", R"("nonce":"n","sub":"u1")")), "nonce");
  EXPECT_EQ(refused(with(R"("sub":"u1")", R"("nonce":null,"sub":"u1")")), "nonce");
}

TEST_F(LogoutTokens, row_61_no_logout_event_is_refused) {
  EXPECT_EQ(refused(with("backchannel-logout", "something-else")), "events");
  EXPECT_EQ(refused(with("backchannel-logout\":{}", "backchannel-logout\":1")), "events");
  EXPECT_EQ(refused(with(R"("events")", R"("other")")), "events");
}

TEST_F(LogoutTokens, row_61_another_audience_issuer_or_typ_is_refused) {
  EXPECT_EQ(refused(with(R"("aud":"app")", R"("aud":"other")")), "another audience");
  EXPECT_EQ(refused(with("https://id.example", "https://evil.example")), "another issuer");
  for (const char* typ : {"JWT", "at+jwt", "secevent+jwt", ""})
    EXPECT_EQ(refused(sign(golden_logout, typ)), "typ") << typ;
}

TEST_F(LogoutTokens, row_61_alg_none_and_foreign_keys_are_refused) {
  const std::string header = to_base64url(as_bytes(R"({"alg":"none","typ":"logout+jwt"})"));
  EXPECT_NE(refused(header + "." + to_base64url(as_bytes(golden_logout)) + "."), "");
  const auto stranger = *crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256);
  const jose::JwsSigner signer(stranger, {"logout+jwt", jose::Jwk::of(key_).thumbprint(), {}});
  EXPECT_EQ(refused(*signer.sign(golden_logout)), "signature");
}

TEST_F(LogoutTokens, an_old_token_or_one_without_an_id_is_refused) {
  EXPECT_EQ(refused(sign(golden_logout), logout_time + std::chrono::minutes(3)), "expired");
  EXPECT_NE(refused(with(R"("jti":"j1",)", "")), "");
  EXPECT_NE(refused(with(R"(,"exp":1700000120)", "")), "");
}

}  // namespace
}  // namespace latchkey::protocol::oauth
