// The checks of OpenID Connect Core 3.1.3.7, named after the client tests of the OpenID conformance suite where it has
// one.
#include "protocol/oauth/id_token.h"

#include <gtest/gtest.h>

#include "tests/support/forged_jws.h"

namespace latchkey::protocol::oauth {
namespace {

constexpr std::string_view good =
    R"({"iss":"https://id.example","aud":"app","sub":"u1","iat":1700000000,"exp":1700000300,"nonce":"n"})";

class IdTokenCheck : public ::testing::Test {
 protected:
  IdTokenCheck() { EXPECT_TRUE(keys_.add(jose::Jwk::of(key_))); }

  std::string token(std::string_view payload, std::string_view typ = "JWT") const {
    return std::string(*jose::JwsSigner(key_, {std::string(typ), jose::Jwk::of(key_).kid(), jose::EmbeddedKey::refused})
                            .sign(payload));
  }
  // The good claims with `from` replaced.
  std::string changed(std::string_view from, std::string_view to) const {
    std::string text(good);
    text.replace(text.find(from), from.size(), to);
    return token(text);
  }
  std::string why(std::string_view text) const {
    const auto result = verify_id_token(text, keys_, expected_, now_);
    return result ? "accepted" : std::string(name_of(result.error().code)) + ": " + result.error().detail;
  }

  crypto::SigningKey key_ = test::new_key();
  jose::Jwks keys_;
  IdTokenExpectation expected_{"https://id.example", "app", "n", std::nullopt, std::nullopt};
  Instant now_ = from_unix_seconds(1'700'000'010);
};

TEST_F(IdTokenCheck, takes_a_good_one) {
  const auto result = verify_id_token(token(good), keys_, expected_, now_);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->user.subject, "u1");
  EXPECT_EQ(result->nonce, "n");
}

TEST_F(IdTokenCheck, what_is_printed_is_taken) {
  IdTokenClaims claims;
  claims.issuer = "https://id.example";
  claims.audience = "app";
  claims.user.subject = "u1";
  claims.user.email = "a@b.example";
  claims.issued_at = from_unix_seconds(1'700'000'000);
  claims.expires_at = from_unix_seconds(1'700'000'300);
  claims.auth_time = from_unix_seconds(1'699'999'999);
  claims.nonce = "n";
  claims.at_hash = at_hash_of("token");
  claims.amr = {"pwd"};
  EXPECT_EQ(
      print_id_token_claims(claims),
      R"({"iss":"https://id.example","aud":"app","sub":"u1","email":"a@b.example","iat":1700000000,"exp":1700000300,"auth_time":1699999999,)"
      R"("nonce":"n","at_hash":")" +
          WipedString(claims.at_hash) + R"(","amr":["pwd"]})");
  expected_.access_token_hash = at_hash_of("token");
  const auto back = verify_id_token(token(print_id_token_claims(claims)), keys_, expected_, now_);
  ASSERT_TRUE(back);
  EXPECT_EQ(print_id_token_claims(*back), print_id_token_claims(claims));
}

TEST_F(IdTokenCheck, invalid_iss) {
  EXPECT_EQ(why(changed("https://id.example", "https://evil.example")), "id_token_invalid: another issuer");
}
TEST_F(IdTokenCheck, invalid_aud) {
  EXPECT_EQ(why(changed(R"("aud":"app")", R"("aud":"other")")), "id_token_invalid: another audience");
}
TEST_F(IdTokenCheck, missing_iat) { EXPECT_NE(why(changed(R"("iat")", R"("at")")), "accepted"); }
TEST_F(IdTokenCheck, missing_sub) { EXPECT_NE(why(changed(R"("sub")", R"("su")")), "accepted"); }
TEST_F(IdTokenCheck, empty_sub) { EXPECT_EQ(why(changed(R"("u1")", R"("")")), "id_token_invalid: sub"); }
TEST_F(IdTokenCheck, nonce_invalid) {
  EXPECT_EQ(why(changed(R"("nonce":"n")", R"("nonce":"m")")), "id_token_invalid: nonce");
  EXPECT_EQ(why(changed(R"("nonce":"n")", R"("none":"n")")), "id_token_invalid: nonce");
}
TEST_F(IdTokenCheck, invalid_sig_es256) {
  std::string text = token(good);
  text[text.size() - 10] = text[text.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(why(text), "id_token_invalid: signature");
}
TEST_F(IdTokenCheck, idtoken_sig_none) {
  EXPECT_NE(why(test::encoded(R"({"alg":"none"})") + "." + test::encoded(good) + "."), "accepted");
}
TEST_F(IdTokenCheck, kid_absent_multiple_jwks) {
  const auto text = jose::JwsSigner(key_, {"JWT", "", jose::EmbeddedKey::refused}).sign(good);
  EXPECT_EQ(why(*text), "accepted");
  ASSERT_TRUE(keys_.add(jose::Jwk::of(test::new_key())));
  EXPECT_EQ(why(*text), "not_found: no key for the token");
}
TEST_F(IdTokenCheck, signing_key_rotation_asks_for_the_keys_anew) {
  keys_ = jose::Jwks();
  EXPECT_EQ(why(token(good)), "not_found: no key for the token");
}

TEST_F(IdTokenCheck, several_audiences_need_us_as_the_authorized_party) {
  EXPECT_EQ(why(changed(R"("aud":"app")", R"("aud":["app","b"])")), "id_token_invalid: azp is missing");
  EXPECT_EQ(why(changed(R"("aud":"app")", R"("aud":["app","b"],"azp":"b")")), "id_token_invalid: azp");
  EXPECT_EQ(why(changed(R"("aud":"app")", R"("aud":["app","b"],"azp":"app")")), "accepted");
  EXPECT_EQ(why(changed(R"("aud":"app")", R"("aud":"app","azp":"b")")), "id_token_invalid: azp");
}

TEST_F(IdTokenCheck, at_hash_must_fit_the_token_that_came_along) {
  expected_.access_token_hash = at_hash_of("token");
  EXPECT_EQ(why(changed(R"("nonce":"n")", R"("nonce":"n","at_hash":")" + at_hash_of("other") + "\"")),
            "id_token_invalid: at_hash");
  EXPECT_EQ(why(token(good)), "accepted");
}

TEST_F(IdTokenCheck, max_age_needs_a_recent_auth_time) {
  expected_.max_age = std::chrono::seconds(60);
  EXPECT_EQ(why(token(good)), "id_token_invalid: auth_time is missing");
  EXPECT_EQ(why(changed(R"("nonce":"n")", R"("nonce":"n","auth_time":1699999000)")),
            "id_token_invalid: signed in too long ago");
  EXPECT_EQ(why(changed(R"("nonce":"n")", R"("nonce":"n","auth_time":1699999960)")), "accepted");
}

TEST_F(IdTokenCheck, row_44_an_access_token_is_no_id_token) {
  EXPECT_EQ(why(token(good, "at+jwt")), "id_token_invalid: typ");
}

TEST(IdToken, at_hash_is_the_left_half) {
  // OpenID Connect Core appendix A.3.
  EXPECT_EQ(at_hash_of("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
}

}  // namespace
}  // namespace latchkey::protocol::oauth
