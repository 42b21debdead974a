#include "base/bytes.h"

#include <gtest/gtest.h>

namespace latchkey {
namespace {

TEST(Bytes, integers_travel_big_endian) {
  Bytes bytes;
  append_be<std::uint32_t>(bytes, 0x01020304);
  append_be<std::uint8_t>(bytes, 0xff);
  EXPECT_EQ(to_hex(bytes), "01020304ff");
  EXPECT_EQ(read_be<std::uint32_t>(bytes), 0x01020304U);
}

TEST(Bytes, text_and_bytes_are_the_same_memory) {
  const std::string text = "key";
  EXPECT_EQ(as_text(as_bytes(text)).data(), text.data());
}

}  // namespace
}  // namespace latchkey
