#include "protocol/deflate.h"

#include <gtest/gtest.h>

namespace latchkey::protocol {
namespace {

TEST(Deflate, bytes_come_back) {
  Bytes bytes;
  for (int i = 0; i < 5000; ++i) bytes.push_back(static_cast<std::uint8_t>(i * i >> 4));
  const auto packed = compress(bytes);
  ASSERT_TRUE(packed);
  EXPECT_LT(packed->size(), bytes.size());
  EXPECT_EQ(decompress(*packed, bytes.size()).value(), bytes);
  EXPECT_EQ(decompress(compress({}).value(), 0).value(), Bytes());
}

TEST(Deflate, row_65_a_bomb_is_refused_at_the_limit) {
  const auto packed = compress(Bytes(std::size_t{8} << 20));
  ASSERT_TRUE(packed);
  EXPECT_LT(packed->size(), 10'000U);
  EXPECT_EQ(decompress(*packed, 4096).error().code, Code::input_too_large);
}

TEST(Deflate, what_is_cut_changed_or_followed_by_more_is_refused) {
  const auto packed = compress(Bytes(4096, 7)).value();
  Bytes changed = packed;
  changed.back() ^= 1;  // the checksum
  Bytes longer = packed;
  longer.push_back(0);
  for (const Bytes& wrong : {Bytes(packed.begin(), packed.end() - 1), changed, longer, Bytes(), Bytes(20, 0xff)})
    EXPECT_EQ(decompress(wrong, 4096).error().code, Code::invalid_format);
}

}  // namespace
}  // namespace latchkey::protocol
