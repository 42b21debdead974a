#include "base/hex.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(Hex, reads_what_to_hex_prints) {
  const Bytes bytes{0x00, 0x09, 0x0a, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(bytes), "00090a7f80ff");
  EXPECT_EQ(parse_hex("00090a7f80ff"), Result<Bytes>(bytes));
  EXPECT_EQ(parse_hex(""), Result<Bytes>(Bytes{}));
}

TEST(Hex, has_one_form) {
  for (const auto* const text : {"A0", "0", "000", "0g", "0x", " 0", "0\n", "/0", ":0", "`0"})
    EXPECT_FALSE(parse_hex(text)) << text;
}

TEST(Hex, an_array_takes_its_own_length_only) {
  EXPECT_EQ(parse_hex_array<2>("0102"), (Result<ByteArray<2>>(ByteArray<2>{1, 2})));
  EXPECT_FALSE(parse_hex_array<2>("01"));
  EXPECT_FALSE(parse_hex_array<2>("010203"));
}

}  // namespace
}  // namespace latchkey
