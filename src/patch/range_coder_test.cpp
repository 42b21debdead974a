#include "patch/range_coder.h"

#include <gtest/gtest.h>

#include <random>

#include "patch/model.h"

namespace latchkey::patch {
namespace {

TEST(RangeCoder, bits_of_every_probability_come_back) {
  std::mt19937 random(1);
  std::vector<std::pair<bool, std::uint32_t>> bits;
  RangeEncoder encoder;
  for (int i = 0; i < 50'000; ++i) {
    const std::uint32_t chance =
        i % 5 == 0 ? (i % 2 == 0 ? 1U : 65535U) : 1 + static_cast<std::uint32_t>(random() % 65535);
    bits.emplace_back(random() % 65536 < chance, chance);
    encoder.code(bits.back().first, chance);
  }
  const Bytes bytes = encoder.finish();
  RangeDecoder decoder(bytes);
  for (const auto& [bit, chance] : bits) ASSERT_EQ(decoder.code(false, chance), bit);
  EXPECT_TRUE(decoder.used_all());
  EXPECT_FALSE(decoder.overran());
}

TEST(RangeCoder, likely_bits_cost_almost_nothing) {
  RangeEncoder encoder;
  for (int i = 0; i < 100'000; ++i) encoder.code(true, 65000);
  EXPECT_LT(encoder.finish().size(), 160U);
}

TEST(RangeCoder, a_decoder_without_bytes_notices) {
  RangeDecoder decoder({});
  for (int i = 0; i < 2000 && !decoder.overran(); ++i) decoder.code(false, 20);
  for (int i = 0; i < 2000 && !decoder.overran(); ++i) decoder.code(false, 32768);
  EXPECT_TRUE(decoder.overran());
}

TEST(Model, numbers_of_all_sizes_and_signs_come_back) {
  RangeEncoder encoder;
  NumberModel numbers;
  SignedModel with_sign;
  std::vector<std::int32_t> values{0, 1, -1, 2, 7, -8, 255, 256, -65536, 0x3FFFFFFF, -0x3FFFFFFF, 512 << 20};
  for (const std::int32_t value : values) {
    with_sign.code(encoder, value);
    numbers.code(encoder, static_cast<std::uint32_t>(std::abs(value)));
  }
  const Bytes bytes = encoder.finish();
  RangeDecoder decoder(bytes);
  NumberModel numbers_again;
  SignedModel with_sign_again;
  for (const std::int32_t value : values) {
    EXPECT_EQ(with_sign_again.code(decoder, 0), value);
    EXPECT_EQ(numbers_again.code(decoder, 0), static_cast<std::uint32_t>(std::abs(value)));
  }
}

TEST(Model, squash_and_stretch_are_monotone_and_inverse) {
  for (std::int32_t x = -2047; x < 2047; ++x) EXPECT_LE(squash(x), squash(x + 1));
  for (std::uint32_t p = 8; p < 4088; ++p) EXPECT_NEAR(squash(stretch(p)), static_cast<int>(p), 8);
}

}  // namespace
}  // namespace latchkey::patch
