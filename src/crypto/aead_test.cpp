#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <thread>

namespace latchkey::crypto {
namespace {

class AeadTest : public ::testing::TestWithParam<AeadAlgorithm> {
 protected:
  Aead aead_ = *Aead::create(GetParam(), Bytes(32, 0x11));
  const ByteView plaintext_ = as_bytes("the token");
  const ByteView name_ = as_bytes("record 7");
};
INSTANTIATE_TEST_SUITE_P(Both, AeadTest,
                         ::testing::Values(AeadAlgorithm::aes_256_gcm, AeadAlgorithm::chacha20_poly1305));

TEST_P(AeadTest, opens_what_it_sealed) {
  const Bytes sealed = *aead_.seal(plaintext_, name_);
  EXPECT_EQ(sealed.size(), plaintext_.size() + Aead::overhead);
  EXPECT_EQ(as_text(*aead_.open(sealed, name_)), "the token");
  EXPECT_EQ(aead_.open_secret<struct TokenTag>(sealed, name_)->reveal_text(), "the token");
  EXPECT_EQ(aead_.algorithm(), GetParam());
}

TEST_P(AeadTest, every_seal_has_its_own_nonce) { EXPECT_NE(*aead_.seal(plaintext_, {}), *aead_.seal(plaintext_, {})); }

TEST_P(AeadTest, an_altered_bit_anywhere_is_refused) {
  const Bytes sealed = *aead_.seal(plaintext_, name_);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes altered = sealed;
    altered[i] ^= 1;
    EXPECT_EQ(aead_.open(altered, name_).error().code, Code::authentication_failed) << i;
  }
}

TEST_P(AeadTest, every_cut_is_refused) {
  const Bytes sealed = *aead_.seal(plaintext_, name_);
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_EQ(aead_.open(ByteView(sealed).first(size), name_).error().code, Code::authentication_failed) << size;
}

TEST_P(AeadTest, other_associated_data_or_key_is_refused) {
  const Bytes sealed = *aead_.seal(plaintext_, name_);
  EXPECT_EQ(aead_.open(sealed, as_bytes("record 8")).error().code, Code::authentication_failed);
  EXPECT_EQ(aead_.open(sealed, {}).error().code, Code::authentication_failed);
  const Aead other = *Aead::create(GetParam(), Bytes(32, 0x12));
  EXPECT_EQ(other.open(sealed, name_).error().code, Code::authentication_failed);
}

TEST_P(AeadTest, an_empty_plaintext_is_authenticated_too) {
  Bytes sealed = *aead_.seal({}, name_);
  EXPECT_TRUE(aead_.open(sealed, name_)->empty());
  sealed.back() ^= 1;
  EXPECT_EQ(aead_.open(sealed, name_).error().code, Code::authentication_failed);
}

TEST_P(AeadTest, nothing_is_left_of_a_refused_plaintext) {
  const ByteArray<12> nonce{};
  Bytes sealed(plaintext_.size() + Aead::tag_size);
  ASSERT_TRUE(aead_.seal_into(nonce, plaintext_, {}, sealed));
  sealed.back() ^= 1;
  Bytes out(plaintext_.size(), 0xee);
  EXPECT_EQ(aead_.open_into(nonce, sealed, {}, out).error().code, Code::authentication_failed);
  EXPECT_EQ(out, Bytes(plaintext_.size()));
}

TEST_P(AeadTest, seals_and_opens_in_place) {
  const ByteArray<12> nonce{};
  Bytes buffer(1000 + Aead::tag_size, 0x33);
  ASSERT_TRUE(aead_.seal_into(nonce, ByteView(buffer).first(1000), {}, buffer));
  ASSERT_TRUE(aead_.open_into(nonce, buffer, {}, MutableBytes(buffer).first(1000)));
  EXPECT_TRUE(std::all_of(buffer.begin(), buffer.begin() + 1000, [](auto byte) { return byte == 0x33; }));
}

TEST_P(AeadTest, wrong_sizes_are_refused) {
  Bytes out(5);
  EXPECT_EQ(Aead::create(GetParam(), Bytes(31)).error().code, Code::invalid_argument);
  EXPECT_EQ(aead_.seal_into(Bytes(8), plaintext_, {}, out).error().code, Code::invalid_argument);
  EXPECT_EQ(aead_.seal_into(Bytes(12), plaintext_, {}, out).error().code, Code::invalid_argument);
  EXPECT_EQ(aead_.open_into(Bytes(12), Bytes(40), {}, out).error().code, Code::invalid_argument);
  EXPECT_EQ(aead_.seal(Bytes(Aead::max_plaintext + 1), {}).error().code, Code::input_too_large);
}

TEST_P(AeadTest, is_used_from_many_threads_at_once) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) wrong += as_text(*aead_.open(*aead_.seal(plaintext_, name_), name_)) != "the token";
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Aead, refuses_an_unknown_algorithm) {
  EXPECT_EQ(Aead::create(static_cast<AeadAlgorithm>(3), Bytes(32)).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::crypto
