// Signing, verifying, and rows 41 to 47 of the security catalogue as far as the signed text alone decides.
#include "protocol/jose/jws.h"

#include <gtest/gtest.h>

#include "protocol/limits.h"
#include "tests/support/forged_jws.h"

namespace latchkey::protocol::jose {
namespace {

using test::encoded;
using test::forge_jws;
using test::new_key;

constexpr std::string_view good_header = R"({"alg":"ES256"})";

// Read, and verified with `key`.
bool is_accepted(std::string_view text, const crypto::VerifyingKey& key) {
  const auto jws = UnverifiedJws::parse(text);
  return jws && jws->verify(key);
}

TEST(Jws, verifies_the_examples_of_the_rfcs) {
  // RFC 7515 appendix A.3.
  const auto p256 = Jwk::parse(
      R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  EXPECT_TRUE(
      is_accepted("eyJhbGciOiJFUzI1NiJ9."
                  "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                  "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
                  *p256->import()));
  // RFC 8037 appendix A.4.
  const auto ed25519 = Jwk::parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  EXPECT_TRUE(
      is_accepted("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                  "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                  *ed25519->import()));
}

TEST(Jws, verifies_what_it_signs) {
  for (const auto algorithm : {Algorithm::es256, Algorithm::ed25519, Algorithm::rs256}) {
    const auto key = new_key(algorithm);
    const auto text = JwsSigner(key, {"at+jwt", "key-1", EmbeddedKey::refused}).sign(R"({"a":1})");
    const auto jws = UnverifiedJws::parse(*text);
    ASSERT_TRUE(jws) << wire_word(algorithm);
    EXPECT_EQ(jws->header().typ, "at+jwt");
    EXPECT_EQ(jws->header().kid, "key-1");
    EXPECT_EQ(jws->header().algorithm, algorithm);
    EXPECT_EQ(*jws->verify(key.verifying_key()), R"({"a":1})");
  }
}

TEST(Jws, another_key_does_not_verify) {
  const auto key = new_key(), other = new_key();
  EXPECT_FALSE(is_accepted(forge_jws(good_header, "{}", key), other.verifying_key()));
}

TEST(Jws, a_key_verifies_its_own_algorithm_only) {
  const auto ec = new_key(), ed = new_key(Algorithm::ed25519);
  EXPECT_FALSE(is_accepted(forge_jws(R"({"alg":"EdDSA"})", "{}", ec), ec.verifying_key()));
  EXPECT_FALSE(is_accepted(forge_jws(R"({"alg":"ES256"})", "{}", ed), ed.verifying_key()));
  EXPECT_FALSE(is_accepted(forge_jws(R"({"alg":"EdDSA"})", "{}", ed), ec.verifying_key()));
}

// --- row 41 ---

TEST(Jws41, alg_none_is_unknown_in_every_case) {
  const auto key = new_key();
  for (const std::string_view alg : {"none", "None", "NONE", "nOnE", "noNe", ""}) {
    const std::string header = R"({"alg":")" + std::string(alg) + R"("})";
    EXPECT_FALSE(UnverifiedJws::parse(encoded(header) + "." + encoded("{}") + ".")) << alg;
    EXPECT_FALSE(UnverifiedJws::parse(forge_jws(header, "{}", key))) << alg;
  }
}

TEST(Jws41, hmac_with_the_public_key_is_unknown) {
  for (const std::string_view alg : {"HS256", "HS384", "HS512", "hs256"})
    EXPECT_FALSE(UnverifiedJws::parse(encoded(R"({"alg":")" + std::string(alg) + R"("})") + "." + encoded("{}") + "." +
                                      std::string(43, 'A')))
        << alg;
}

TEST(Jws41, an_algorithm_not_offered_is_refused) {
  for (const std::string_view alg : {"ES384", "ES512", "ES256K", "RS384", "RS512", "PS384", "PS512", "RS1", "Ed448",
                                     "es256", "ES256 ", "RSA1_5", "dir"})
    EXPECT_EQ(UnverifiedJws::parse(encoded(R"({"alg":")" + std::string(alg) + R"("})") + ".e30.AAAA").error().code,
              Code::unsupported)
        << alg;
}

TEST(Jws41, alg_missing_or_of_the_wrong_type_is_refused) {
  const auto key = new_key();
  for (const std::string_view header :
       {"{}", R"({"alg":null})", R"({"alg":1})", R"({"alg":["ES256"]})", R"({"Alg":"ES256"})"})
    EXPECT_FALSE(UnverifiedJws::parse(forge_jws(header, "{}", key))) << header;
}

// --- row 42 ---

TEST(Jws42, a_kid_is_bounded_and_nothing_but_text) {
  const auto key = new_key();
  EXPECT_FALSE(UnverifiedJws::parse(
      forge_jws(R"({"alg":"ES256","kid":")" + std::string(limits::kid_bytes + 1, 'k') + "\"}", "{}", key)));
  EXPECT_FALSE(UnverifiedJws::parse(forge_jws(R"({"alg":"ES256","kid":1})", "{}", key)));
  EXPECT_EQ(UnverifiedJws::parse(forge_jws(R"({"alg":"ES256","kid":"../../dev/null"})", "{}", key))->header().kid,
            "../../dev/null");
}

// --- row 43 ---

TEST(Jws43, headers_that_bring_or_point_to_a_key_are_refused) {
  const auto key = new_key();
  std::string jwk;
  json::Writer writer(jwk);
  Jwk::of(key).print_bare(writer);
  for (const std::string& member :
       {std::string(R"("jku":"https://evil.example/jwks")"), std::string(R"("x5u":"https://evil.example/c")"),
        std::string(R"("x5c":["AAAA"])"), std::string(R"("x5t":"AAAA")"), std::string(R"("x5t#S256":"AAAA")"),
        R"("jwk":)" + jwk, std::string(R"("jwk":null)")})
    EXPECT_FALSE(is_accepted(forge_jws(R"({"alg":"ES256",)" + member + "}", "{}", key), key.verifying_key())) << member;
}

// --- row 44 ---

TEST(Jws44, crit_b64_and_zip_are_refused) {
  const auto key = new_key();
  for (const std::string_view member : {R"("crit":["exp"],"exp":1)", R"("crit":[])", R"("b64":false,"crit":["b64"])",
                                        R"("b64":false)", R"("b64":true)", R"("zip":"DEF")"})
    EXPECT_FALSE(UnverifiedJws::parse(forge_jws(R"({"alg":"ES256",)" + std::string(member) + "}", "{}", key)))
        << member;
}

TEST(Jws44, encrypted_tokens_are_refused) {
  EXPECT_FALSE(UnverifiedJws::parse(encoded(R"({"alg":"ECDH-ES","enc":"A256GCM"})") + ".AAAA.AAAA.AAAA.AAAA"));
  EXPECT_FALSE(UnverifiedJws::parse(encoded(R"({"alg":"dir","enc":"A256GCM"})") + "..AAAA.AAAA.AAAA"));
}

// --- row 45 ---

TEST(Jws45, es256_signatures_of_another_length_are_refused) {
  const auto key = new_key();
  const std::string text = encoded(good_header) + "." + encoded("{}");
  const auto signature = key.sign(as_bytes(text));
  for (const std::size_t size : {0U, 1U, 63U, 65U, 72U, 128U, 512U, 4000U}) {
    Bytes bytes(signature->view().begin(), signature->view().end());
    bytes.resize(size);
    EXPECT_FALSE(is_accepted(text + "." + to_base64url(bytes), key.verifying_key())) << size;
  }
  EXPECT_FALSE(is_accepted(text + "." + std::string(21'830, 'A'), key.verifying_key()));
}

TEST(Jws45, es256_signatures_out_of_range_are_refused) {
  const auto key = new_key();
  const std::string text = encoded(good_header) + "." + encoded("{}");
  const auto signature = key.sign(as_bytes(text));
  const Bytes genuine(signature->view().begin(), signature->view().end());
  // The order of P-256.
  const Bytes order = *parse_base64url("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  for (const std::size_t half : {0U, 32U}) {
    for (const auto& value : {Bytes(32, 0), Bytes(32, 0xFF), order}) {
      Bytes bytes = genuine;
      std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(half));
      EXPECT_FALSE(is_accepted(text + "." + to_base64url(bytes), key.verifying_key()));
    }
  }
}

TEST(Jws45, der_signatures_are_refused) {
  const auto key = new_key();
  const std::string text = encoded(good_header) + "." + encoded("{}");
  const auto der = crypto::to_ecdsa_der(key.sign(as_bytes(text))->view());
  EXPECT_FALSE(is_accepted(text + "." + to_base64url(*der), key.verifying_key()));
}

// --- row 46 ---

TEST(Jws46, headers_that_are_not_strict_json_are_refused) {
  const auto key = new_key();
  for (const std::string& header :
       {std::string(R"({"alg":"ES256","alg":"ES256"})"), std::string(R"({"alg":"none","alg":"ES256"})"),
        std::string("\xEF\xBB\xBF{\"alg\":\"ES256\"}"), std::string("{\"alg\":\"ES256\",\"x\":\"\xFF\"}"),
        std::string(R"({"alg":"ES256"}x)"), std::string(R"(["ES256"])"),
        R"({"alg":"ES256","x":)" + std::string(10'000, '['), R"({"alg":"ES256","x":")" + std::string(3000, 'x') + "\"}",
        R"({"alg":"ES256","x":)" + std::string(9, '[') + std::string(9, ']') + "}"})
    EXPECT_FALSE(UnverifiedJws::parse(forge_jws(header, "{}", key)));
}

TEST(Jws46, tokens_beyond_the_limit_are_refused) {
  const auto key = new_key();
  EXPECT_EQ(UnverifiedJws::parse(forge_jws(good_header, std::string(limits::jwt_bytes, 'x'), key)).error().code,
            Code::input_too_large);
}

// --- row 47 ---

TEST(Jws47, base64url_must_be_canonical_in_every_part) {
  const auto key = new_key();
  const std::string good = forge_jws(good_header, R"({"a":"?>"})", key);
  ASSERT_TRUE(is_accepted(good, key.verifying_key()));
  const std::size_t first = good.find('.'), second = good.find('.', first + 1);
  for (const std::size_t end : {first, second, good.size()}) {
    for (const std::string_view extra : {"=", "==", " ", "\n", "+", "/", "A", "."}) {
      std::string changed = good;
      changed.insert(end, extra);
      EXPECT_FALSE(is_accepted(changed, key.verifying_key())) << extra;
    }
  }
  for (const std::string_view text : {"", ".", "..", "...", "a.b", "a.b.c"})
    EXPECT_FALSE(UnverifiedJws::parse(text)) << text;
}

TEST(Jws47, stray_last_bits_are_refused) {
  const auto key = new_key();
  std::string text = forge_jws(good_header, "{}", key);  // 64 bytes leave 4 bits unused in the last character
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  text.back() = alphabet[alphabet.find(text.back()) ^ 1];
  EXPECT_FALSE(is_accepted(text, key.verifying_key()));
}

// --- embedded keys ---

TEST(Jws, a_required_jwk_must_be_there_public_and_of_the_algorithm) {
  const auto key = new_key();
  const auto text = JwsSigner(key, {"dpop+jwt", "", EmbeddedKey::required}).sign("{}");
  const auto jws = UnverifiedJws::parse(*text, EmbeddedKey::required);
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->header().jwk->thumbprint(), Jwk::of(key).thumbprint());
  EXPECT_FALSE(UnverifiedJws::parse(*text));
  EXPECT_FALSE(UnverifiedJws::parse(forge_jws(good_header, "{}", key), EmbeddedKey::required));
  const std::string ed = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
  EXPECT_FALSE(
      UnverifiedJws::parse(forge_jws(R"({"alg":"ES256","jwk":)" + ed + "}", "{}", key), EmbeddedKey::required));
}

}  // namespace
}  // namespace latchkey::protocol::jose
