#include "crypto/signature.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <thread>

#include "tests/support/hex.h"
#include "tests/support/roca_modulus.h"

namespace latchkey::crypto {
namespace {

const ByteView message = as_bytes("header.payload");

class SigningTest : public ::testing::TestWithParam<SignatureAlgorithm> {
 protected:
  static const SigningKey& key() {  // one per algorithm: RSA keys take long to make
    static const SigningKey es256 = *SigningKey::generate(SignatureAlgorithm::es256);
    static const SigningKey ed25519 = *SigningKey::generate(SignatureAlgorithm::ed25519);
    static const SigningKey rs256 = *SigningKey::generate(SignatureAlgorithm::rs256);
    if (GetParam() == SignatureAlgorithm::es256) return es256;
    return GetParam() == SignatureAlgorithm::ed25519 ? ed25519 : rs256;
  }
};
INSTANTIATE_TEST_SUITE_P(All, SigningTest,
                         ::testing::Values(SignatureAlgorithm::es256, SignatureAlgorithm::ed25519,
                                           SignatureAlgorithm::rs256));

TEST_P(SigningTest, what_it_signs_verifies) {
  const Signature signature = *key().sign(message);
  EXPECT_TRUE(key().verifying_key().verify(message, signature.view()));
  EXPECT_EQ(key().algorithm(), GetParam());
  EXPECT_EQ(signature.size(), GetParam() == SignatureAlgorithm::rs256 ? 384u : 64u);
}

TEST_P(SigningTest, another_message_or_signature_does_not) {
  const Signature signature = *key().sign(message);
  const auto& verifying = key().verifying_key();
  EXPECT_EQ(verifying.verify(as_bytes("header.other"), signature.view()).error().code, Code::signature_invalid);
  EXPECT_EQ(verifying.verify(message, {}).error().code, Code::signature_invalid);
  EXPECT_EQ(verifying.verify(message, signature.view().first(63)).error().code, Code::signature_invalid);
  EXPECT_EQ(verifying.verify(message, Bytes(signature.size())).error().code, Code::signature_invalid);
  for (std::size_t i = 0; i < signature.size(); i += 7) {
    Bytes altered(signature.view().begin(), signature.view().end());
    altered[i] ^= 1;
    EXPECT_FALSE(verifying.verify(message, altered)) << i;
  }
}

TEST_P(SigningTest, the_private_key_comes_back_from_pkcs8) {
  const PrivateKeyDer der = *key().to_pkcs8();
  const SigningKey again = *SigningKey::from_pkcs8(GetParam(), der);
  EXPECT_EQ(again.verifying_key().parameters(), key().verifying_key().parameters());
  EXPECT_TRUE(key().verifying_key().verify(message, again.sign(message)->view()));
}

TEST_P(SigningTest, the_public_key_comes_back_from_spki_and_from_its_numbers) {
  const Signature signature = *key().sign(message);
  const auto& original = key().verifying_key();
  const auto from_spki = *VerifyingKey::from_spki(GetParam(), original.to_spki());
  const auto from_numbers = *VerifyingKey::from_parameters(GetParam(), original.parameters());
  EXPECT_TRUE(from_spki.verify(message, signature.view()));
  EXPECT_TRUE(from_numbers.verify(message, signature.view()));
  EXPECT_EQ(from_numbers.to_spki(), original.to_spki());
}

TEST_P(SigningTest, damaged_der_is_refused) {
  Bytes spki = key().verifying_key().to_spki();
  spki.push_back(0);
  EXPECT_FALSE(VerifyingKey::from_spki(GetParam(), spki));
  const PrivateKeyDer der = *key().to_pkcs8();
  EXPECT_FALSE(SigningKey::from_pkcs8(GetParam(), der.reveal().first(der.size() - 1)));
  EXPECT_FALSE(SigningKey::from_pkcs8(GetParam(), ByteView{}));
}

TEST_P(SigningTest, a_key_of_another_kind_is_refused) {
  const auto other = GetParam() == SignatureAlgorithm::es256 ? SignatureAlgorithm::ed25519 : SignatureAlgorithm::es256;
  EXPECT_FALSE(VerifyingKey::from_spki(other, key().verifying_key().to_spki()));
  EXPECT_FALSE(VerifyingKey::from_parameters(other, key().verifying_key().parameters()));
  EXPECT_FALSE(SigningKey::from_pkcs8(other, *key().to_pkcs8()));
}

TEST_P(SigningTest, one_key_serves_many_threads) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 3; ++n) wrong += !key().verifying_key().verify(message, key().sign(message)->view());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(SigningTest, a_refusal_leaves_nothing_on_the_error_queue) {
  ERR_clear_error();
  EXPECT_FALSE(key().verifying_key().verify(message, Bytes(key().sign(message)->size(), 1)));
  EXPECT_FALSE(VerifyingKey::from_spki(GetParam(), Bytes(91)));
  EXPECT_FALSE(SigningKey::from_pkcs8(GetParam(), Bytes(91)));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(Es256, der_and_raw_signatures_convert_exactly) {
  const SigningKey key = *SigningKey::generate(SignatureAlgorithm::es256);
  for (int i = 0; i < 50; ++i) {  // leading zeroes come up in some
    const Signature raw = *key.sign(message);
    const Bytes der = *to_ecdsa_der(raw.view());
    EXPECT_TRUE(std::ranges::equal(*parse_ecdsa_der(der), raw.view()));
  }
  EXPECT_FALSE(to_ecdsa_der(Bytes(63)));
}

TEST(Es256, der_has_one_form) {
  Bytes der = *to_ecdsa_der(Bytes(64, 0x01));
  der.push_back(0);
  EXPECT_EQ(parse_ecdsa_der(der).error().code, Code::invalid_format);
  EXPECT_FALSE(parse_ecdsa_der({}));
  EXPECT_FALSE(parse_ecdsa_der(Bytes{0x30, 0x08, 0x02, 0x02, 0x00, 0x01, 0x02, 0x02, 0x00, 0x01}));  // padded numbers
  EXPECT_FALSE(parse_ecdsa_der(Bytes{0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x01}));              // negative
  EXPECT_TRUE(parse_ecdsa_der(Bytes{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}));
}

TEST(Es256, a_point_off_the_curve_is_refused) {
  auto parameters = std::get<EcPublic>(SigningKey::generate(SignatureAlgorithm::es256)->verifying_key().parameters());
  parameters.y[31] ^= 1;
  EXPECT_EQ(VerifyingKey::from_parameters(SignatureAlgorithm::es256, parameters).error().code, Code::invalid_argument);
  EXPECT_FALSE(VerifyingKey::from_parameters(SignatureAlgorithm::es256, EcPublic{}));
}

// RFC 8032 section 7.1, test 2: Ed25519 is deterministic.
TEST(Ed25519, signs_as_in_the_rfc) {
  Bytes der = tests::from_hex(
      "302e020100300506032b657004220420"
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const SigningKey key = *SigningKey::from_pkcs8(SignatureAlgorithm::ed25519, der);
  EXPECT_EQ(to_hex(key.sign(Bytes{0x72})->view()),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Rsa, weak_numbers_are_refused) {
  const auto refusal = [](Bytes n, Bytes e) {
    return VerifyingKey::from_parameters(SignatureAlgorithm::rs256, RsaPublic{std::move(n), std::move(e)}).has_value();
  };
  Bytes n(256, 0xff);
  n[17] = 0x12;
  EXPECT_TRUE(refusal(n, {1, 0, 1}));
  EXPECT_FALSE(refusal(Bytes(128, 0xff), {1, 0, 1})) << "1024 bits";
  EXPECT_FALSE(refusal(Bytes(513, 0xff), {1, 0, 1})) << "more than 4096 bits";
  EXPECT_FALSE(refusal(n, {3})) << "a small exponent";
  EXPECT_FALSE(refusal(n, {1, 0, 0})) << "an even exponent";
  EXPECT_FALSE(refusal(n, Bytes(200, 0xff))) << "a huge exponent";
  EXPECT_FALSE(refusal(n, {}));
  EXPECT_FALSE(refusal({}, {1, 0, 1}));
  Bytes even = n;
  even.back() = 0xfe;
  EXPECT_FALSE(refusal(even, {1, 0, 1}));
  Bytes padded = n;
  padded.insert(padded.begin(), 0);
  EXPECT_FALSE(refusal(padded, {1, 0, 1})) << "one form per number";
}

TEST(Rsa, a_modulus_from_the_infineon_generator_is_refused) {
  const auto key = VerifyingKey::from_parameters(SignatureAlgorithm::rs256,
                                                 RsaPublic{tests::from_hex(tests::roca_modulus), {1, 0, 1}});
  EXPECT_EQ(key.error().code, Code::invalid_argument);
  EXPECT_NE(key.error().detail.find("ROCA"), std::string::npos);
}

TEST(Ps256, does_not_sign_and_is_not_rs256) {
  EXPECT_EQ(SigningKey::generate(SignatureAlgorithm::ps256).error().code, Code::unsupported);
  const SigningKey rs256 = *SigningKey::generate(SignatureAlgorithm::rs256);
  const auto ps256 = *VerifyingKey::from_spki(SignatureAlgorithm::ps256, rs256.verifying_key().to_spki());
  EXPECT_FALSE(ps256.verify(message, rs256.sign(message)->view()));
}

}  // namespace
}  // namespace latchkey::crypto
