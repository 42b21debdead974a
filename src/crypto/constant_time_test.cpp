#include "crypto/constant_time.h"

#include <gtest/gtest.h>

namespace latchkey::crypto {
namespace {

TEST(ConstantTime, equal_contents_are_equal) {
  EXPECT_TRUE(equal("token", "token"));
  EXPECT_TRUE(equal("", ""));
  EXPECT_TRUE(equal(ByteView{}, ByteView{}));
}

TEST(ConstantTime, one_different_bit_anywhere_is_seen) {
  const Bytes a(40, 7);
  for (std::size_t i = 0; i < a.size(); ++i) {
    Bytes b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(equal(a, b));
  }
}

TEST(ConstantTime, a_prefix_is_not_equal) {
  EXPECT_FALSE(equal("token", "toke"));
  EXPECT_FALSE(equal("", "t"));
}

TEST(ConstantTime, secrets_are_compared_by_content) {
  using Pin = Secret<struct PinTag>;
  EXPECT_TRUE(equal(Pin::copy_of("1234"), Pin::copy_of("1234")));
  EXPECT_FALSE(equal(Pin::copy_of("1234"), Pin::copy_of("1235")));
}

}  // namespace
}  // namespace latchkey::crypto
