// X25519 and ECDH on P-256.
#include <gtest/gtest.h>

#include "crypto/key_agreement.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace crypto;

// The files write private keys as numbers: with a leading zero byte, or short.
Bytes scalar_of(const Json& test) {
  Bytes scalar = hex_of(test, "private");
  while (scalar.size() > 32 && scalar.front() == 0) scalar.erase(scalar.begin());
  while (scalar.size() < 32) scalar.insert(scalar.begin(), 0);
  return scalar;
}

bool agrees(const Json& test, ByteView point) {
  const auto key = P256Key::from_private(scalar_of(test));
  EXPECT_TRUE(key);
  const auto shared = key->agree(point);
  return shared && std::ranges::equal(shared->reveal(), hex_of(test, "shared"));
}

TEST(Wycheproof, ecdh_p256_point) {
  run_wycheproof("ecdh_secp256r1_ecpoint_test.json", [](const Json&, const Json& test) {
    std::string reason;
    if (has_flag(test, "CompressedPoint")) reason = "compressed points: one form per key";
    return Answer{agrees(test, hex_of(test, "public")), reason};
  });
}

std::string reason_for_spki(const Json& test) {
  if (has_flag(test, "CompressedPoint")) return "compressed points: one form per key";
  if (has_flag(test, "UnnamedCurve")) return "curves given by parameters, not by name (CVE-2020-0601)";
  if (has_flag(test, "InvalidAsn")) return "keys that are not DER: one form per key";
  return {};
}

TEST(Wycheproof, ecdh_p256_spki) {
  run_wycheproof("ecdh_secp256r1_test.json", [](const Json&, const Json& test) {
    const auto point = parse_p256_spki(hex_of(test, "public"));
    return Answer{point && agrees(test, *point), reason_for_spki(test)};
  });
}

TEST(Wycheproof, x25519) {
  run_wycheproof("x25519_test.json", [](const Json&, const Json& test) {
    const auto key = *X25519Key::from_private(hex_of(test, "private"));
    const Bytes bytes = hex_of(test, "public");
    X25519Public peer{};
    EXPECT_EQ(bytes.size(), peer.size());
    std::copy_n(bytes.begin(), peer.size(), peer.begin());
    const auto shared = key.agree(peer);
    std::string reason;
    if (has_flag(test, "ZeroSharedSecret")) reason = "all-zero secrets (RFC 7748 section 6.1)";
    return Answer{shared && std::ranges::equal(shared->reveal(), hex_of(test, "shared")), reason};
  });
}

}  // namespace
}  // namespace latchkey::tests
