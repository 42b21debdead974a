#include "http/server/ticket_keys.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

using namespace std::chrono_literals;

TEST(TicketKeys, are_renewed_hourly_and_open_for_one_hour_more) {
  TicketKeys keys;
  const TicketKeys::Time start{1000h};
  const auto first = keys.current(start);
  EXPECT_EQ(keys.current(start + 59min), first);
  const auto second = keys.current(start + 60min);
  EXPECT_NE(second, first);
  EXPECT_EQ(keys.find(first->name, start + 119min), first);
  EXPECT_EQ(keys.find(first->name, start + 120min), nullptr);
  EXPECT_EQ(keys.find(second->name, start + 120min), second);
}

TEST(TicketKeys, a_long_pause_leaves_no_old_key) {
  TicketKeys keys;
  const TicketKeys::Time start{1000h};
  const auto first = keys.current(start);
  EXPECT_EQ(keys.find(first->name, start + 3h), nullptr);
}

TEST(TicketKeys, unknown_names_open_nothing) {
  TicketKeys keys;
  EXPECT_EQ(keys.find(ByteArray<16>{}, TicketKeys::Time{1000h}), nullptr);
}

}  // namespace
}  // namespace latchkey::http
