#include "protocol/release/tuf/tuf_key.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "protocol/release/tuf/pem.h"

namespace latchkey::protocol::tuf {
namespace {

using crypto::SignatureAlgorithm;
using crypto::SigningKey;

// The key of the first Ed25519 vector of RFC 8032 section 7.1.
constexpr std::string_view ed25519_key =
    R"({"keytype":"ed25519","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},"scheme":"ed25519"})";

Result<TufKey> key_from(std::string_view text) { return TufKey::from(*json::parse(text)); }

TEST(TufKeys, both_kinds_sign_and_verify) {
  for (const auto algorithm : {SignatureAlgorithm::ed25519, SignatureAlgorithm::es256}) {
    const SigningKey key = *SigningKey::generate(algorithm);
    const TufKey made = *TufKey::of(key.verifying_key());
    const TufKey read = *key_from(made.json());
    EXPECT_EQ(made, read);
    Bytes signature = *sign(key, "signed");
    EXPECT_TRUE(read.verify("signed", signature));
    EXPECT_EQ(read.verify("Signed", signature).error().code, Code::signature_invalid);
    signature.back() ^= 1;
    EXPECT_EQ(read.verify("signed", signature).error().code, Code::signature_invalid);
    EXPECT_EQ(read.verify("signed", {}).error().code, Code::signature_invalid);
  }
}

TEST(TufKeys, p256_signs_in_der_only) {
  const SigningKey key = *SigningKey::generate(SignatureAlgorithm::es256);
  const Bytes der = *sign(key, "signed");
  const TufKey read = *TufKey::of(key.verifying_key());
  EXPECT_TRUE(read.verify("signed", der));
  EXPECT_EQ(read.verify("signed", *crypto::parse_ecdsa_der(der)).error().code, Code::signature_invalid);
}

TEST(TufKeys, the_id_is_the_hash_of_the_canonical_form) {
  const TufKey key = *key_from(ed25519_key);
  EXPECT_EQ(key.id().value(), to_hex(crypto::sha256(as_bytes(ed25519_key))));
  const auto spaced = key_from(R"({ "scheme":"ed25519", "keytype":"ed25519",
      "keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"} })");
  EXPECT_EQ(spaced->id(), key.id());
}

TEST(TufKeys, an_id_that_is_not_the_keys_is_refused) {
  const std::string id = key_from(ed25519_key)->id().value();
  const auto keys = [](const std::string& its_id) {
    return parse_keys(*json::parse("{\"" + its_id + "\":" + std::string(ed25519_key) + "}"));
  };
  EXPECT_TRUE(keys(id));
  std::string other = id;
  other[0] = other[0] == '0' ? '1' : '0';
  EXPECT_EQ(keys(other).error().code, Code::invalid_format);
  EXPECT_EQ(keys("ci").error().code, Code::invalid_format);
}

TEST(TufKeys, keys_of_unknown_types_are_kept_but_verify_nothing) {
  const auto key = key_from(R"({"keytype":"mldsa","scheme":"mldsa65","keyval":{"public":"AA\n"},"x":[1]})");
  ASSERT_TRUE(key);
  EXPECT_FALSE(key->verifying_key());
  EXPECT_EQ(key->verify("signed", Bytes(64)).error().code, Code::signature_invalid);
  EXPECT_EQ(key_from(key->json())->id(), key->id());
}

TEST(TufKeys, what_is_no_key_is_refused) {
  for (
      const std::string_view wrong :
      {R"([])", R"({})", R"({"keytype":"ed25519","scheme":"ed25519"})",
       R"({"keytype":"ed25519","scheme":"ed25519","keyval":"d7"})",
       R"({"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"d75a"}})",
       // of small order
       R"({"keytype":"ed25519","scheme":"ed25519","keyval":{"public":"0100000000000000000000000000000000000000000000000000000000000000"}})",
       R"({"keytype":"ecdsa","scheme":"ecdsa-sha2-nistp256","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}})"})
    EXPECT_EQ(key_from(wrong).error().code, Code::invalid_format) << wrong;
  const auto rsa = SigningKey::generate(SignatureAlgorithm::rs256);
  EXPECT_EQ(TufKey::of(rsa->verifying_key()).error().code, Code::unsupported);
  EXPECT_EQ(sign(*rsa, "x").error().code, Code::unsupported);
}

TEST(PublicKeyPem, there_is_one_form_only) {
  const Bytes spki = SigningKey::generate(SignatureAlgorithm::es256)->verifying_key().to_spki();
  const std::string pem = print_public_key_pem(spki);
  EXPECT_EQ(*parse_public_key_pem(pem), spki);
  EXPECT_EQ(*parse_public_key_pem(pem.substr(0, pem.size() - 1)), spki);
  std::string crlf = pem;
  crlf.insert(crlf.find('\n'), "\r");
  for (const std::string& wrong :
       {std::string(), " " + pem, pem + "\n", pem + "x", crlf, pem.substr(1), pem.substr(0, 40),
        pem.substr(0, 27) + "\n" + pem.substr(27), pem.substr(0, 30) + "_" + pem.substr(31)})
    EXPECT_EQ(parse_public_key_pem(wrong).error().code, Code::invalid_format) << wrong;
  EXPECT_EQ(parse_public_key_pem(std::string(2000, 'A')).error().code, Code::input_too_large);
}

}  // namespace
}  // namespace latchkey::protocol::tuf
