#include "protocol/jose/jwks.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/forged_jws.h"

namespace latchkey::protocol::jose {
namespace {

std::string printed(const Jwk& jwk) {
  std::string text;
  json::Writer writer(text);
  jwk.print(writer);
  return text;
}

std::string set_of(std::initializer_list<std::string> keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ",") + key;
  return R"({"keys":[)" + text + "]}";
}

TEST(Jwks, finds_keys_by_id_and_algorithm) {
  const Jwk one = Jwk::of(test::new_key()), two = Jwk::of(test::new_key(Algorithm::ed25519));
  const auto set = Jwks::parse(set_of({printed(one), printed(two)}));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->find(one.kid(), Algorithm::es256)->jwk.thumbprint(), one.thumbprint());
  EXPECT_EQ(set->find(two.kid(), Algorithm::ed25519)->jwk.thumbprint(), two.thumbprint());
  EXPECT_EQ(set->find(one.kid(), Algorithm::ed25519), nullptr);
  EXPECT_EQ(set->find("unknown", Algorithm::es256), nullptr);
}

TEST(Jwks, without_an_id_the_key_must_be_the_only_one) {
  Jwks set;
  ASSERT_TRUE(set.add(Jwk::of(test::new_key())));
  EXPECT_NE(set.find("", Algorithm::es256), nullptr);
  ASSERT_TRUE(set.add(Jwk::of(test::new_key())));
  EXPECT_EQ(set.find("", Algorithm::es256), nullptr);
}

TEST(Jwks, leaves_out_what_it_does_not_know) {
  const Jwk ours = Jwk::of(test::new_key());
  const auto set = Jwks::parse(set_of({R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})", R"({"kty":"new"})",
                                       R"({"kty":"RSA","use":"enc","n":"0vx7","e":"AQAB"})",
                                       R"({"kty":"RSA","n":"0vx7","e":"AQAB"})", printed(ours)}));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->keys().size(), 1U);
}

TEST(Jwks, a_set_with_a_secret_in_it_is_refused_whole) {
  const std::string ours = printed(Jwk::of(test::new_key()));
  EXPECT_FALSE(Jwks::parse(set_of({ours, R"({"kty":"oct","k":"AAAA"})"})));
  EXPECT_FALSE(Jwks::parse(set_of({ours, R"({"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"})"})));
}

TEST(Jwks, refuses_the_same_id_twice) {
  const std::string ours = printed(Jwk::of(test::new_key()));
  EXPECT_FALSE(Jwks::parse(set_of({ours, ours})));
  Jwks set;
  const Jwk jwk = Jwk::of(test::new_key());
  ASSERT_TRUE(set.add(jwk));
  EXPECT_EQ(set.add(jwk).error().code, Code::already_exists);
}

TEST(Jwks, refuses_malformed_and_oversized_sets) {
  for (const std::string_view text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":null})"})
    EXPECT_FALSE(Jwks::parse(text)) << text;
  std::string many;
  for (std::size_t i = 0; i <= limits::jwks_keys; ++i) many += (i ? ",{}" : "{}");
  EXPECT_EQ(Jwks::parse(R"({"keys":[)" + many + "]}").error().code, Code::input_too_large);
}

TEST(Jwks, survives_printing) {
  Jwks set;
  ASSERT_TRUE(set.add(Jwk::of(test::new_key())));
  ASSERT_TRUE(set.add(Jwk::of(test::new_key(Algorithm::ed25519))));
  EXPECT_EQ(Jwks::parse(set.print())->print(), set.print());
}

}  // namespace
}  // namespace latchkey::protocol::jose
