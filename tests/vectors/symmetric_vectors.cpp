// Ciphers, MACs and key derivation.
#include <gtest/gtest.h>

#include "crypto/aead.h"
#include "crypto/constant_time.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "tests/vectors/wycheproof.h"

namespace latchkey::tests {
namespace {

using namespace crypto;

bool opens_and_seals(const Aead& aead, const Json& test) {
  const Bytes nonce = hex_of(test, "iv");
  const Bytes associated_data = hex_of(test, "aad");
  const Bytes message = hex_of(test, "msg");
  Bytes sealed = hex_of(test, "ct");
  append(sealed, hex_of(test, "tag"));
  if (sealed.size() < Aead::tag_size) return false;
  Bytes opened(sealed.size() - Aead::tag_size);
  if (!aead.open_into(nonce, sealed, associated_data, opened) || opened != message) return false;
  Bytes again(message.size() + Aead::tag_size);
  return aead.seal_into(nonce, message, associated_data, again) && again == sealed;
}

Answer run_aead(AeadAlgorithm algorithm, const Json& group, const Json& test) {
  const auto aead = Aead::create(algorithm, hex_of(test, "key"));
  std::string reason;
  if (group["keySize"] != 256)
    reason = "keys of " + group["keySize"].dump() + " bits: only AES-256 is offered";
  else if (group["ivSize"] != 96)
    reason = "nonces other than 96 bits: GCM hashes them, which costs its bounds (SP 800-38D 5.2.1.1)";
  return {aead && opens_and_seals(*aead, test), reason};
}

TEST(Wycheproof, aes_gcm) {
  run_wycheproof("aes_gcm_test.json",
                 [](const Json& group, const Json& test) { return run_aead(AeadAlgorithm::aes_256_gcm, group, test); });
}

TEST(Wycheproof, chacha20_poly1305) {
  run_wycheproof("chacha20_poly1305_test.json", [](const Json& group, const Json& test) {
    return run_aead(AeadAlgorithm::chacha20_poly1305, group, test);
  });
}

std::string reason_for_tag(const Json& group, int whole_bits) {
  if (group["tagSize"] == whole_bits) return {};
  return "tags cut to " + group["tagSize"].dump() + " bits: only whole tags are tags";
}

TEST(Wycheproof, hmac_sha256) {
  run_wycheproof("hmac_sha256_test.json", [](const Json& group, const Json& test) {
    const Bytes key = hex_of(test, "key");
    const Bytes message = hex_of(test, "msg");
    const Bytes tag = hex_of(test, "tag");
    const bool by_key = HmacKey(key).verify(message, tag);
    EXPECT_EQ(by_key, equal(hmac_sha256(key, message), tag));
    return Answer{by_key, reason_for_tag(group, 256)};
  });
}

TEST(Wycheproof, hmac_sha1) {
  run_wycheproof("hmac_sha1_test.json", [](const Json& group, const Json& test) {
    return Answer{equal(hmac_sha1(hex_of(test, "key"), hex_of(test, "msg")), hex_of(test, "tag")),
                  reason_for_tag(group, 160)};
  });
}

TEST(Wycheproof, hkdf_sha256) {
  run_wycheproof("hkdf_sha256_test.json", [](const Json&, const Json& test) {
    Bytes out(test["size"].get<std::size_t>());
    const Status derived = hkdf_sha256(hex_of(test, "ikm"), hex_of(test, "salt"), hex_of(test, "info"), out);
    return Answer{derived && out == hex_of(test, "okm")};
  });
}

}  // namespace
}  // namespace latchkey::tests
