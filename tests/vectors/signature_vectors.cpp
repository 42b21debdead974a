// ECDSA, Ed25519 and RSA signatures.
#include <gtest/gtest.h>

#include "crypto/signature.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace crypto;

Result<VerifyingKey> key_of(SignatureAlgorithm algorithm, const Json& group) {
  return VerifyingKey::from_spki(algorithm, hex_of(group, "publicKeyDer"));
}

bool verifies(const Result<VerifyingKey>& key, const Json& test, ByteView signature) {
  return key && key->verify(hex_of(test, "msg"), signature);
}

RunCase verify_with(SignatureAlgorithm algorithm) {
  return [algorithm](const Json& group, const Json& test) {
    const auto key = key_of(algorithm, group);
    EXPECT_TRUE(key);
    return Answer{verifies(key, test, hex_of(test, "sig"))};
  };
}

TEST(Wycheproof, ecdsa_p1363) {
  run_wycheproof("ecdsa_secp256r1_sha256_p1363_test.json", verify_with(SignatureAlgorithm::es256));
}

TEST(Wycheproof, ecdsa_der) {
  run_wycheproof("ecdsa_secp256r1_sha256_test.json", [](const Json& group, const Json& test) {
    const auto key = key_of(SignatureAlgorithm::es256, group);
    EXPECT_TRUE(key);
    const auto raw = parse_ecdsa_der(hex_of(test, "sig"));
    if (!raw) return Answer{false};
    EXPECT_EQ(*to_ecdsa_der(*raw), hex_of(test, "sig"));
    return Answer{verifies(key, test, *raw)};
  });
}

TEST(Wycheproof, ed25519) { run_wycheproof("ed25519_test.json", verify_with(SignatureAlgorithm::ed25519)); }

TEST(Wycheproof, rsa_pkcs1) {
  run_wycheproof("rsa_signature_2048_sha256_test.json", [](const Json& group, const Json& test) {
    const auto key = key_of(SignatureAlgorithm::rs256, group);
    std::string reason;
    if (group["publicKey"]["publicExponent"] != "010001")
      reason = "RSA exponents below 65537 (FIPS 186-5 A.1.1)";
    else if (has_flag(test, "MissingNull"))
      reason = "DigestInfo without its NULL: one encoding per signature (RFC 8017 9.2)";
    return Answer{verifies(key, test, hex_of(test, "sig")), reason};
  });
}

TEST(Wycheproof, rsa_pss) {
  run_wycheproof("rsa_pss_2048_sha256_mgf1_32_test.json", verify_with(SignatureAlgorithm::ps256));
}

}  // namespace
}  // namespace latchkey::tests
