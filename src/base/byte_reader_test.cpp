#include "base/byte_reader.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

using TestReader = BasicByteReader<Code::vault_corrupted>;

TEST(ByteReader, takes_what_a_layout_is_made_of) {
  const Bytes bytes{0x01, 0x02, 0xaa, 0xbb, 0x03, 'a', 'b', 'c', 0x00, 0x01, 0x7f, 0x01, 0x09};
  TestReader from(bytes);
  EXPECT_EQ(from.take_integer<std::uint16_t>(), 0x0102);
  EXPECT_EQ(from.take_array<2>(), (ByteArray<2>{0xaa, 0xbb}));
  EXPECT_EQ(from.take_text(), "abc");
  EXPECT_EQ(as_text(from.take_block<std::uint16_t>().value()), "\x7f");
  EXPECT_EQ(from.take_flag(), true);
  EXPECT_FALSE(from.is_at_end());
  EXPECT_EQ(from.size(), 1U);
  EXPECT_EQ(from.take_rest().front(), 9);
  EXPECT_TRUE(from.expect_end().has_value());
}

TEST(ByteReader, fails_with_its_code_when_bytes_are_missing_and_then_takes_none) {
  const Bytes bytes{0x00, 0x00, 0x05};
  TestReader from(bytes);
  const auto number = from.take_integer<std::uint32_t>();
  ASSERT_FALSE(number.has_value());
  EXPECT_EQ(number.error().code, Code::vault_corrupted);
  EXPECT_EQ(from.size(), 3U);
  EXPECT_FALSE(BasicByteReader<Code::storage_corrupted>(bytes).take_array<4>().has_value());
}

TEST(ByteReader, refuses_a_block_longer_than_the_rest) {
  const Bytes bytes{0xff, 0xff, 0xff, 0xff, 0x01};
  EXPECT_FALSE(TestReader(bytes).take_block<std::uint32_t>().has_value());
  EXPECT_FALSE(TestReader(bytes).take_text().has_value());
}

TEST(ByteReader, refuses_numbers_beyond_their_limit_and_flags_that_are_none) {
  const Bytes bytes{0x02};
  EXPECT_EQ(TestReader(bytes).take_integer<std::uint8_t>(2), 2);
  EXPECT_FALSE(TestReader(bytes).take_integer<std::uint8_t>(1).has_value());
  EXPECT_FALSE(TestReader(bytes).take_flag().has_value());
}

TEST(ByteReader, leaves_nothing_over) {
  const Bytes bytes{0x02};
  const Status end = TestReader(bytes).expect_end();
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, Code::vault_corrupted);
}

}  // namespace
}  // namespace latchkey
