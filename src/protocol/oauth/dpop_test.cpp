// Making and checking proofs; row 48 of the security catalogue as far as one proof decides.
#include "protocol/oauth/dpop.h"

#include <gtest/gtest.h>

#include "tests/support/forged_jws.h"

namespace latchkey::protocol::oauth {
namespace {

using test::forge_jws;

constexpr std::string_view url = "https://server.example/token";

class Dpop : public ::testing::Test {
 protected:
  std::string proof(const DpopTarget& target) const {
    return std::string(*DpopProver(key_).prove(target, ByteArray<16>{1}, now_));
  }
  std::string proof() const { return proof({"POST", url, std::nullopt, std::nullopt}); }
  std::string jwk() const {
    std::string text;
    json::Writer writer(text);
    jose::Jwk::of(key_).print_bare(writer);
    return text;
  }
  // Properly signed, with the header and payload given; the good ones by default.
  std::string forged(std::string_view header, std::string_view payload) const {
    return forge_jws(header, payload, key_);
  }
  std::string good_header() const { return R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + jwk() + "}"; }
  std::string with_payload(std::string_view members) const {
    return forged(good_header(), "{" + std::string(members) + "}");
  }

  std::string why(std::string_view header) const {
    const auto result = verify_dpop_proof(header, expected_, now_, nullptr);
    if (!result) EXPECT_EQ(result.error().code, Code::invalid_dpop_proof);
    return result ? "accepted" : result.error().detail;
  }

  crypto::SigningKey key_ = test::new_key();
  DpopExpectation expected_{"POST", url, std::nullopt};
  Instant now_ = from_unix_seconds(1'700'000'000);
};

TEST_F(Dpop, takes_the_proofs_it_makes) {
  const auto result = verify_dpop_proof(proof({"POST", "https://server.example/token?x=1#f", std::nullopt, "nonce-1"}),
                                        expected_, now_, nullptr);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->thumbprint, DpopProver(key_).thumbprint());
  EXPECT_EQ(result->nonce, "nonce-1");
  EXPECT_EQ(result->jti, "AQAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(result->issued_at, now_);
  EXPECT_EQ(result->fresh_until, now_ + limits::dpop_age);
}

TEST_F(Dpop, takes_the_example_of_the_rfc) {
  // RFC 9449 section 4.1.
  constexpr std::string_view example =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
      "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRs"
      "Y3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
      "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF"
      "0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
  const auto result = verify_dpop_proof(example, {"POST", "https://server.example.com/token", std::nullopt},
                                        from_unix_seconds(1'562'262'620), nullptr);
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(result->thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  EXPECT_EQ(result->jti, "-BwC3ESc6acc2lTc");
}

TEST_F(Dpop, row_48_the_method_must_be_that_of_the_request) {
  for (const std::string_view method : {"GET", "post", "POST ", ""})
    EXPECT_EQ(why(proof({method, url, std::nullopt, std::nullopt})), "htm") << method;
}

TEST_F(Dpop, row_48_the_url_is_compared_normalised) {
  for (const std::string_view same :
       {"https://server.example/token", "HTTPS://SERVER.example:443/token", "https://server.example/token?x=1",
        "https://server.example/token#x", "https://server.example/./token", "https://server.example/%74oken"})
    EXPECT_EQ(why(with_payload(R"("jti":"a","htm":"POST","iat":1700000000,"htu":")" + std::string(same) + "\"")),
              "accepted")
        << same;
  for (const std::string_view other :
       {"https://server.example/token/", "https://server.example/Token", "https://server.example:8443/token",
        "http://server.example/token", "https://other.example/token", "https://server.example/",
        "https://user@server.example/token", "/token", "", "token"})
    EXPECT_EQ(why(with_payload(R"("jti":"a","htm":"POST","iat":1700000000,"htu":")" + std::string(other) + "\"")),
              "htu")
        << other;
}

TEST_F(Dpop, row_48_iat_must_lie_within_the_window) {
  const auto at = [&](std::int64_t seconds) {
    return why(with_payload(R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":)" +
                            std::to_string(seconds)));
  };
  EXPECT_EQ(at(1'699'999'941), "accepted");
  EXPECT_EQ(at(1'699'999'940), "iat is too old");
  EXPECT_EQ(at(1'700'000'030), "accepted");
  EXPECT_EQ(at(1'700'000'031), "iat is in the future");
  EXPECT_EQ(at(-1), "iat");
  for (const std::string_view odd : {"\"1700000000\"", "1.7e9", "1e308", "null", "1700000000.0"})
    EXPECT_NE(
        why(with_payload(R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":)" + std::string(odd))),
        "accepted")
        << odd;
}

TEST_F(Dpop, row_48_ath_must_be_the_tokens_hash_at_a_resource) {
  // RFC 9449 section 7.1.
  constexpr std::string_view token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
  expected_.access_token = token;
  EXPECT_EQ(
      why(with_payload(
          R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000,"ath":"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")")),
      "accepted");
  EXPECT_EQ(why(proof({"POST", url, token, std::nullopt})), "accepted");
  EXPECT_EQ(why(proof({"POST", url, "another", std::nullopt})), "ath");
  EXPECT_EQ(why(proof()), "ath is missing");
}

TEST_F(Dpop, row_48_a_proof_from_the_token_endpoint_is_none_for_the_api) {
  expected_.url = "https://api.example/orders";
  EXPECT_EQ(why(proof()), "htu");
}

TEST_F(Dpop, row_48_claims_are_required_and_typed) {
  for (const std::string_view members :
       {R"("htm":"POST","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"","htm":"POST","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":1,"htm":"POST","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"a","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"a","htm":"POST","iat":1700000000)", R"("jti":"a","htm":"POST","htu":"https://server.example/token")",
        R"("jti":"a","htm":["POST"],"htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"a","jti":"b","htm":"POST","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"a\u0000","htm":"POST","htu":"https://server.example/token","iat":1700000000)",
        R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000,"nonce":1)",
        R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000,"nonce":"")",
        R"("jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000,"ath":1)"})
    EXPECT_NE(why(with_payload(members)), "accepted") << members;
  EXPECT_EQ(why(with_payload(R"("htm":"POST","htu":"https://server.example/token","iat":1700000000,"jti":")" +
                             std::string(limits::dpop_jti_bytes + 1, 'j') + "\"")),
            "jti");
}

TEST_F(Dpop, row_48_a_private_key_in_the_jwk_is_refused) {
  std::string leaked = jwk();
  leaked.insert(leaked.size() - 1, R"(,"d":"AAAA")");
  EXPECT_NE(why(forged(R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + leaked + "}", "{}")), "accepted");
}

TEST_F(Dpop, row_48_a_symmetric_jwk_is_refused) {
  EXPECT_NE(why(forged(R"({"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})", "{}")), "accepted");
  EXPECT_NE(why(forged(R"({"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","k":"AAAA"}})", "{}")), "accepted");
}

TEST_F(Dpop, row_48_only_its_own_typ_and_a_key_in_the_header) {
  constexpr std::string_view payload =
      R"({"jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000})";
  EXPECT_EQ(why(forged(good_header(), payload)), "accepted");
  for (const std::string_view typ : {"JWT", "at+jwt", "", "DPOP+JWT", "application/dpop+jwt"})
    EXPECT_EQ(why(forged(R"({"typ":")" + std::string(typ) + R"(","alg":"ES256","jwk":)" + jwk() + "}", payload)), "typ")
        << typ;
  EXPECT_NE(why(forged(R"({"typ":"dpop+jwt","alg":"ES256","kid":"k"})", payload)), "accepted");
  EXPECT_NE(why(forged(R"({"typ":"dpop+jwt","alg":"none","jwk":)" + jwk() + "}", payload)), "accepted");
}

TEST_F(Dpop, row_48_the_signature_must_be_by_the_key_in_the_header) {
  const auto other = test::new_key();
  EXPECT_NE(why(forge_jws(good_header(),
                          R"({"jti":"a","htm":"POST","htu":"https://server.example/token","iat":1700000000})", other)),
            "accepted");
}

TEST_F(Dpop, oversized_proofs_are_refused) {
  EXPECT_EQ(why(std::string(limits::dpop_proof_bytes + 1, 'a')), "too long");
}

TEST_F(Dpop, refuses_to_prove_for_odd_urls) {
  const DpopProver prover(key_);
  for (const std::string_view odd : {"/token", "ftp://a/b", "https://u@a/", ""})
    EXPECT_FALSE(prover.prove({"GET", odd, std::nullopt, std::nullopt}, {}, now_)) << odd;
}

class KeysKept final : public ProofKeyCache {
 public:
  std::shared_ptr<const ProofKey> find(std::string_view encoded_header) override {
    const auto found = kept.find(std::string(encoded_header));
    return found == kept.end() ? nullptr : found->second;
  }
  void keep(std::string_view encoded_header, std::shared_ptr<const ProofKey> key) override {
    kept.insert_or_assign(std::string(encoded_header), std::move(key));
  }

  std::map<std::string, std::shared_ptr<const ProofKey>> kept;
};

TEST_F(Dpop, keeps_keys_of_verified_proofs_only) {
  KeysKept cache;
  EXPECT_FALSE(verify_dpop_proof(forge_jws(good_header(), "{}", test::new_key()), expected_, now_, &cache));
  EXPECT_TRUE(cache.kept.empty());
  EXPECT_TRUE(verify_dpop_proof(proof(), expected_, now_, &cache));
  ASSERT_EQ(cache.kept.size(), 1U);
  EXPECT_EQ(cache.kept.begin()->second->thumbprint, DpopProver(key_).thumbprint());
  EXPECT_TRUE(verify_dpop_proof(proof(), expected_, now_, &cache));
}

TEST_F(Dpop, a_kept_key_answers_for_its_own_header_only) {
  KeysKept cache;
  ASSERT_TRUE(verify_dpop_proof(proof(), expected_, now_, &cache));
  const auto other = test::new_key();
  const DpopProver prover(other);
  const auto theirs = *prover.prove({expected_.method, expected_.url, std::nullopt, std::nullopt}, {}, now_);
  EXPECT_EQ(verify_dpop_proof(theirs, expected_, now_, &cache)->thumbprint, prover.thumbprint());
  const std::string ours = proof();
  const std::string mixed = ours.substr(0, ours.find('.')) + std::string(theirs.substr(theirs.find('.')));
  EXPECT_FALSE(verify_dpop_proof(mixed, expected_, now_, &cache)) << "our header over their signature";
}

TEST_F(Dpop, a_known_header_does_not_excuse_the_rest_of_a_proof) {
  KeysKept cache;
  ASSERT_TRUE(verify_dpop_proof(proof(), expected_, now_, &cache));
  EXPECT_FALSE(verify_dpop_proof(proof(), expected_, now_ + expected_.age * 2, &cache));
  DpopExpectation elsewhere = expected_;
  elsewhere.url = "https://id.example/elsewhere";
  EXPECT_FALSE(verify_dpop_proof(proof(), elsewhere, now_, &cache));
}

}  // namespace
}  // namespace latchkey::protocol::oauth
