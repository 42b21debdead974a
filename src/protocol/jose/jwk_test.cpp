#include "protocol/jose/jwk.h"

#include <gtest/gtest.h>

#include "tests/support/forged_jws.h"

namespace latchkey::protocol::jose {
namespace {

// RFC 7638 section 3.1.
constexpr std::string_view rsa_json =
    R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})";
// RFC 8037 appendix A.2.
constexpr std::string_view ed25519_json =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
// RFC 9449 section 4.1.
constexpr std::string_view p256_json =
    R"({"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"})";

std::string with(std::string_view json, std::string_view members) {
  return std::string(json.substr(0, json.size() - 1)) + "," + std::string(members) + "}";
}

TEST(Jwk, thumbprints_are_those_of_the_rfcs) {
  EXPECT_EQ(Jwk::parse(rsa_json)->thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(Jwk::parse(ed25519_json)->thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(Jwk::parse(p256_json)->thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

TEST(Jwk, has_the_algorithm_of_its_type) {
  EXPECT_EQ(Jwk::parse(p256_json)->algorithm(), Algorithm::es256);
  EXPECT_EQ(Jwk::parse(ed25519_json)->algorithm(), Algorithm::ed25519);
  EXPECT_EQ(Jwk::parse(R"({"kty":"RSA","n":"0vx7","e":"AQAB"})")->algorithm(), Algorithm::rs256);
  EXPECT_EQ(Jwk::parse(R"({"kty":"RSA","n":"0vx7","e":"AQAB","alg":"PS256"})")->algorithm(), Algorithm::ps256);
}

TEST(Jwk, refuses_an_alg_of_another_type) {
  for (const std::string_view alg : {"RS256", "PS256", "EdDSA", "HS256", "none", "ES384", "es256", "ECDH-ES"})
    EXPECT_FALSE(Jwk::parse(with(p256_json, R"("alg":")" + std::string(alg) + R"(")"))) << alg;
  EXPECT_TRUE(Jwk::parse(with(p256_json, R"("alg":"ES256")")));
}

TEST(Jwk, refuses_symmetric_and_private_keys) {
  EXPECT_FALSE(Jwk::parse(R"({"kty":"oct","k":"AAAA"})"));
  EXPECT_FALSE(Jwk::parse(R"({"kty":"oct","k":"AAAA","alg":"RS256"})"));
  for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    EXPECT_FALSE(Jwk::parse(with(p256_json, "\"" + std::string(name) + R"(":"AAAA")"))) << name;
}

TEST(Jwk, refuses_keys_for_other_purposes) {
  EXPECT_FALSE(Jwk::parse(with(p256_json, R"("use":"enc")")));
  EXPECT_FALSE(Jwk::parse(with(p256_json, R"("key_ops":["encrypt"])")));
  EXPECT_FALSE(Jwk::parse(with(p256_json, R"("key_ops":[])")));
  EXPECT_TRUE(Jwk::parse(with(p256_json, R"("use":"sig","key_ops":["verify"])")));
}

TEST(Jwk, refuses_members_of_the_wrong_type_or_form) {
  for (const std::string_view text :
       {R"({"kty":"EC","crv":"P-256","x":1,"y":"AA"})", R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
        R"({"kty":1})", R"({})", "[]", "null", R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})",
        R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="})",
        R"({"kty":"RSA","n":"","e":"AQAB"})", R"({"kty":"RSA","n":"ANL8","e":"AQAB"})",
        R"({"kty":"RSA","n":"0vx7","e":"AAEAAQ"})"})
    EXPECT_FALSE(Jwk::parse(text)) << text;
  EXPECT_FALSE(Jwk::parse(with(p256_json, R"("kid":7)")));
  EXPECT_FALSE(Jwk::parse(with(p256_json, R"("kid":")" + std::string(limits::kid_bytes + 1, 'k') + "\"")));
}

TEST(Jwk, bounds_the_size_of_rsa_numbers) {
  EXPECT_FALSE(Jwk::parse(R"({"kty":"RSA","e":"AQAB","n":")" + std::string(1200, 'x') + "\"}"));
}

TEST(Jwk, survives_printing) {
  for (const std::string_view text : {rsa_json, ed25519_json, p256_json}) {
    const auto jwk = Jwk::parse(text);
    std::string printed;
    json::Writer writer(printed);
    jwk->print(writer);
    const auto again = Jwk::parse(printed);
    ASSERT_TRUE(again) << printed;
    EXPECT_EQ(again->thumbprint(), jwk->thumbprint());
    EXPECT_EQ(again->kid(), jwk->kid());
  }
}

TEST(Jwk, imports_what_it_prints_of_a_key) {
  for (const auto algorithm : {Algorithm::es256, Algorithm::ed25519}) {
    const auto key = test::new_key(algorithm);
    const Jwk jwk = Jwk::of(key);
    EXPECT_EQ(jwk.kid(), jwk.thumbprint());
    EXPECT_EQ(jwk.thumbprint().size(), 43U);
    EXPECT_EQ(Jwk::of(*jwk.import()).thumbprint(), jwk.thumbprint());
  }
  EXPECT_TRUE(Jwk::parse(rsa_json)->import());
}

TEST(Jwk, import_refuses_points_off_the_curve_and_of_small_order) {
  const auto off_curve = Jwk::parse(
      R"({"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"})");
  ASSERT_TRUE(off_curve);
  EXPECT_FALSE(off_curve->import());
  const std::string zeroes(43, 'A');
  EXPECT_FALSE(Jwk::parse(R"({"kty":"EC","crv":"P-256","x":")" + zeroes + R"(","y":")" + zeroes + "\"}")->import());
  EXPECT_FALSE(Jwk::parse(R"({"kty":"OKP","crv":"Ed25519","x":")" + zeroes + "\"}")->import());
  EXPECT_FALSE(Jwk::parse(R"({"kty":"OKP","crv":"Ed25519","x":"AQ)" + std::string(41, 'A') + "\"}")->import());
}

TEST(Jwk, import_refuses_weak_rsa_keys) {
  // 1024 bits, of RFC 7516's kind of examples; and exponent 1.
  EXPECT_FALSE(
      Jwk::parse(
          R"({"kty":"RSA","n":"rJBIp6T1YK-RtPyvYqFFlcucqewSAA_IReSFchE8qyiQrbARqRlXWkB2DR8j_pJQnIpYELbQWZC5Cd0PTGAU8rMbar2AW6zpmBbi7aQf17lUBdt8XI9M9rq7FPVQ1dDdUXm1SVH_9qqWhvMPR422SbfHBEzCAtzK0ANDRo6qz78","e":"AQAB"})")
          ->import());
  std::string exponent_one(rsa_json);
  exponent_one.replace(exponent_one.find("AQAB"), 4, "AQ");
  EXPECT_FALSE(Jwk::parse(exponent_one)->import());
}

}  // namespace
}  // namespace latchkey::protocol::jose
