#include "http/server/receive_buffer.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey::http {
namespace {

using Buffer = ReceiveBuffer<16>;

void receive(Buffer& buffer, std::string_view text) {
  const MutableBytes room = buffer.prepare();
  ASSERT_GE(room.size(), text.size());
  std::copy(text.begin(), text.end(), room.begin());
  buffer.commit(text.size());
}

TEST(ReceiveBuffer, keeps_what_is_not_used_yet) {
  Buffer buffer;
  receive(buffer, "headbody");
  buffer.consume(4);
  EXPECT_EQ(buffer.text(), "body");
  receive(buffer, "more");
  EXPECT_EQ(buffer.text(), "bodymore");
}

TEST(ReceiveBuffer, makes_room_by_moving) {
  Buffer buffer;
  receive(buffer, "0123456789abcdef");
  EXPECT_TRUE(buffer.is_full());
  EXPECT_TRUE(buffer.prepare().empty());
  buffer.consume(6);
  receive(buffer, "ABCDEF");
  EXPECT_EQ(buffer.text(), "6789abcdefABCDEF");
}

TEST(ReceiveBuffer, wipes_what_was_used_and_what_was_moved) {
  Buffer buffer;
  const std::uint8_t* memory = buffer.prepare().data();
  receive(buffer, "passwordpassword");
  buffer.consume(8);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(memory[i], 0);
  buffer.consume(6);
  (void)buffer.prepare();  // moves "rd" to the front
  EXPECT_EQ(buffer.text(), "rd");
  for (int i = 2; i < 16; ++i) EXPECT_EQ(memory[i], 0) << i;
}

}  // namespace
}  // namespace latchkey::http
