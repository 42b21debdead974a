#include "crypto/key_agreement.h"

#include <gtest/gtest.h>

#include "crypto/constant_time.h"
#include "crypto/signature.h"
#include "tests/support/hex.h"

namespace latchkey::crypto {
namespace {

using tests::from_hex;

TEST(X25519, two_sides_agree_on_one_secret) {
  const X25519Key a = X25519Key::generate();
  const X25519Key b = X25519Key::generate();
  EXPECT_TRUE(equal(*a.agree(b.public_key()), *b.agree(a.public_key())));
}

TEST(X25519, matches_rfc_7748_section_6_1) {
  const auto bob =
      *X25519Key::from_private(from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  EXPECT_EQ(to_hex(bob.public_key()), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST(X25519, points_of_low_order_are_refused) {
  const X25519Key key = X25519Key::generate();
  X25519Public one{};
  one[0] = 1;
  EXPECT_EQ(key.agree(X25519Public{}).error().code, Code::invalid_argument);
  EXPECT_EQ(key.agree(one).error().code, Code::invalid_argument);
}

TEST(X25519, private_keys_have_32_bytes) { EXPECT_FALSE(X25519Key::from_private(Bytes(31))); }

TEST(P256, two_sides_agree_on_one_secret) {
  const P256Key a = P256Key::generate();
  const P256Key b = P256Key::generate();
  EXPECT_TRUE(equal(*a.agree(b.public_key()), *b.agree(a.public_key())));
  EXPECT_EQ(P256Key::from_private(a.reveal_private())->public_key(), a.public_key());
}

TEST(P256, a_scalar_of_one_gives_the_base_point) {
  Bytes one(32);
  one.back() = 1;
  EXPECT_EQ(to_hex(P256Key::from_private(one)->public_key()),
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
}

TEST(P256, scalars_out_of_range_are_refused) {
  EXPECT_FALSE(P256Key::from_private(Bytes(32)));
  EXPECT_FALSE(P256Key::from_private(Bytes(32, 0xff)));
  EXPECT_FALSE(P256Key::from_private(Bytes(33, 1)));
  EXPECT_FALSE(P256Key::from_private(from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")));
}

TEST(P256, peers_off_the_curve_are_refused) {
  const P256Key key = P256Key::generate();
  P256Public peer = P256Key::generate().public_key();
  peer[64] ^= 1;
  EXPECT_EQ(key.agree(peer).error().code, Code::invalid_argument);
  EXPECT_EQ(key.agree(ByteView(peer).first(64)).error().code, Code::invalid_argument);
  EXPECT_EQ(key.agree(Bytes{0}).error().code, Code::invalid_argument);  // the point at infinity
  EXPECT_EQ(key.agree({}).error().code, Code::invalid_argument);
}

TEST(P256, a_spki_has_one_form) {
  const auto signing = *SigningKey::generate(SignatureAlgorithm::es256);
  Bytes der = signing.verifying_key().to_spki();
  EXPECT_TRUE(P256Key::generate().agree(*parse_p256_spki(der)));
  der[26] = 0x02;
  EXPECT_EQ(parse_p256_spki(der).error().code, Code::invalid_format);
  EXPECT_FALSE(parse_p256_spki(ByteView(der).first(59)));
}

}  // namespace
}  // namespace latchkey::crypto
