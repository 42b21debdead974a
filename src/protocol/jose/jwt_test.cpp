// Claims, and rows 42, 44 and 46 of the security catalogue as far as claims and use decide.
#include "protocol/jose/jwt.h"

#include <gtest/gtest.h>

#include "tests/support/forged_jws.h"

namespace latchkey::protocol::jose {
namespace {

class Jwt : public ::testing::Test {
 protected:
  Jwt() { EXPECT_TRUE(keys_.add(Jwk::of(key_))); }

  std::string token(std::string_view payload, std::string_view typ = "at+jwt") const {
    return std::string(*JwsSigner(key_, {std::string(typ), Jwk::of(key_).kid(), EmbeddedKey::refused}).sign(payload));
  }
  // The members given instead of, or besides, good ones.
  std::string claims(std::string_view iat = "1700000000", std::string_view exp = "1700000300",
                     std::string_view more = "") const {
    return R"({"iss":"https://id.example","aud":"api","iat":)" + std::string(iat) + R"(,"exp":)" + std::string(exp) +
           std::string(more) + "}";
  }
  Result<Claims> verify(std::string_view text) const { return verify_jwt(text, keys_, expected_, now_); }
  std::string why(std::string_view text) const {
    const auto result = verify(text);
    return result ? "accepted" : std::string(name_of(result.error().code)) + ": " + result.error().detail;
  }

  crypto::SigningKey key_ = test::new_key();
  Jwks keys_;
  JwtExpectation expected_{JwtUse::access_token, "https://id.example", "api"};
  Instant now_ = from_unix_seconds(1'700'000'010);
};

TEST_F(Jwt, takes_a_good_token) {
  const auto result =
      verify(token(claims("1700000000", "1700000300", R"(,"scope":"a","admin":true,"auth_time":1699999999)")));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result->get_string("scope"), "a");
  EXPECT_EQ(*result->find_bool("admin"), true);
  EXPECT_EQ(*result->get_time("auth_time"), from_unix_seconds(1'699'999'999));
  EXPECT_EQ(*result->get_audience(), std::vector<std::string>{"api"});
}

TEST_F(Jwt, takes_one_audience_of_many) {
  EXPECT_TRUE(verify(token(R"({"iss":"https://id.example","aud":["other","api"],"iat":1700000000,"exp":1700000300})")));
}

TEST_F(Jwt, refuses_other_issuers_and_audiences) {
  EXPECT_EQ(why(token(R"({"iss":"https://id.example/","aud":"api","iat":1,"exp":1700000300})")),
            "invalid_token: another issuer");
  EXPECT_EQ(why(token(R"({"iss":"https://id.example","aud":"api2","iat":1,"exp":1700000300})")),
            "invalid_token: another audience");
  EXPECT_EQ(why(token(R"({"iss":"https://id.example","aud":[],"iat":1,"exp":1700000300})")),
            "invalid_token: another audience");
}

TEST_F(Jwt, allows_for_clocks_that_differ) {
  EXPECT_EQ(why(token(claims("1700000000", "1699999980"))), "invalid_token: expired");
  EXPECT_TRUE(verify(token(claims("1700000000", "1699999981"))));
  EXPECT_TRUE(verify(token(claims("1700000040"))));
  EXPECT_EQ(why(token(claims("1700000041"))), "invalid_token: iat in the future");
  EXPECT_EQ(why(token(claims("1700000000", "1700000300", R"(,"nbf":1700000041)"))), "invalid_token: not valid yet");
}

TEST_F(Jwt, exp_iat_iss_and_aud_are_required) {
  for (const std::string_view payload :
       {R"({"aud":"api","iat":1,"exp":1700000300})", R"({"iss":"https://id.example","iat":1,"exp":1700000300})",
        R"({"iss":"https://id.example","aud":"api","exp":1700000300})",
        R"({"iss":"https://id.example","aud":"api","iat":1})"})
    EXPECT_FALSE(verify(token(payload))) << payload;
}

TEST_F(Jwt, a_token_by_another_key_with_our_kid_is_refused) {
  const auto other = test::new_key();
  const auto forged = JwsSigner(other, {"at+jwt", Jwk::of(key_).kid(), EmbeddedKey::refused}).sign(claims());
  EXPECT_EQ(why(*forged), "invalid_token: signature");
}

TEST_F(Jwt, row_42_an_unknown_kid_finds_no_key_and_nothing_else_happens) {
  for (const std::string_view kid : {"../../dev/null", "' OR 1=1 --", "unknown", "https://evil.example/key"}) {
    const auto text = JwsSigner(key_, {"at+jwt", std::string(kid), EmbeddedKey::refused}).sign(claims());
    EXPECT_EQ(verify(*text).error().code, Code::not_found) << kid;
  }
}

TEST_F(Jwt, row_44_a_token_for_one_use_is_refused_for_another) {
  for (const std::string_view typ : {"JWT", "logout+jwt", "dpop+jwt", "", "at", "jwt", "at+jwt ", "application/JWT"})
    EXPECT_EQ(why(token(claims(), typ)), "invalid_token: typ") << typ;
  for (const std::string_view typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"})
    EXPECT_TRUE(verify(token(claims(), typ))) << typ;
  expected_.use = JwtUse::id_token;
  for (const std::string_view typ : {"at+jwt", "logout+jwt", "dpop+jwt"})
    EXPECT_EQ(why(token(claims(), typ)), "invalid_token: typ") << typ;
  EXPECT_TRUE(verify(token(claims(), "JWT")));
  EXPECT_TRUE(verify(token(claims(), "")));
  expected_.use = JwtUse::logout_token;
  for (const std::string_view typ : {"at+jwt", "JWT", ""})
    EXPECT_EQ(why(token(claims(), typ)), "invalid_token: typ") << typ;
}

TEST_F(Jwt, row_44_a_nested_token_is_no_payload) { EXPECT_EQ(why(token(token(claims()))), "invalid_token: payload"); }

TEST_F(Jwt, row_46_times_that_are_no_whole_seconds_are_refused) {
  for (const std::string_view odd :
       {R"("1700000300")", "1.7e9", "1700000300.0", "1700000300.5", "-1", "1e308", "253402300800",
        "9223372036854775807", "18446744073709551616", "null", "true", "[]", "{}"}) {
    EXPECT_FALSE(verify(token(claims("1700000000", odd)))) << odd;
    EXPECT_FALSE(verify(token(claims(odd)))) << odd;
    EXPECT_FALSE(verify(token(claims("1700000000", "1700000300", R"(,"nbf":)" + std::string(odd))))) << odd;
  }
}

TEST_F(Jwt, row_46_claims_of_the_wrong_type_fail_rather_than_count_as_absent) {
  for (const std::string_view payload : {R"({"iss":["https://id.example"],"aud":"api","iat":1,"exp":1700000300})",
                                         R"({"iss":"https://id.example","aud":1,"iat":1,"exp":1700000300})",
                                         R"({"iss":"https://id.example","aud":["api",1],"iat":1,"exp":1700000300})",
                                         R"({"iss":"https://id.example","aud":{"api":1},"iat":1,"exp":1700000300})",
                                         R"({"iss":null,"aud":"api","iat":1,"exp":1700000300})"})
    EXPECT_FALSE(verify(token(payload))) << payload;
}

TEST_F(Jwt, row_46_payloads_that_are_not_strict_json_are_refused) {
  for (const std::string& payload :
       {claims("1700000000", "1700000300", R"(,"exp":1900000000)"), "\xEF\xBB\xBF" + claims(), claims() + "x",
        std::string("[]"), std::string(""), claims("1700000000", "1700000300", ",\"x\":\"\xFF\""),
        claims("1700000000", "1700000300", R"(,"x":)" + std::string(8, '[') + std::string(8, ']'))})
    EXPECT_EQ(why(token(payload)), "invalid_token: payload");
}

}  // namespace
}  // namespace latchkey::protocol::jose
