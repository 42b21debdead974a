#include "crypto/hmac.h"

#include <gtest/gtest.h>

#include <thread>

namespace latchkey::crypto {
namespace {

// RFC 4231 test case 2 and RFC 2202 test case 2.
constexpr const char* jefe_sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
constexpr const char* jefe_sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
const ByteView jefe = as_bytes("Jefe");
const ByteView question = as_bytes("what do ya want for nothing?");

TEST(Hmac, matches_the_rfc) {
  EXPECT_EQ(to_hex(hmac_sha256(jefe, question)), jefe_sha256);
  EXPECT_EQ(to_hex(hmac_sha1(jefe, question)), jefe_sha1);
}

TEST(HmacKey, gives_the_same_tag_every_time) {
  const HmacKey key(jefe);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(to_hex(key.sign(question)), jefe_sha256);
  EXPECT_EQ(key.sign({}), hmac_sha256(jefe, {}));
}

TEST(HmacKey, keys_of_any_length_work) {
  for (std::size_t size : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    const Bytes key(size, 0x5a);
    EXPECT_EQ(HmacKey(key).sign(question), hmac_sha256(key, question)) << size;
  }
}

TEST(HmacKey, verifies_whole_tags_only) {
  const HmacKey key(jefe);
  const HmacTag tag = key.sign(question);
  EXPECT_TRUE(key.verify(question, tag));
  EXPECT_FALSE(key.verify(question, ByteView(tag).first(16)));
  EXPECT_FALSE(key.verify(question, {}));
  EXPECT_FALSE(key.verify(jefe, tag));
}

TEST(HmacKey, is_used_from_many_threads_at_once) {
  const HmacKey key(jefe);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) wrong += to_hex(key.sign(question)) != jefe_sha256;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace latchkey::crypto
