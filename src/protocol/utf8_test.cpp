#include "protocol/utf8.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::utf8 {
namespace {

TEST(Utf8, takes_characters_of_every_length) {
  EXPECT_TRUE(is_valid(""));
  EXPECT_TRUE(is_valid("plain ASCII, longer than a block of eight"));
  EXPECT_TRUE(is_valid("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF"));
  EXPECT_TRUE(is_valid("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST(Utf8, refuses_overlong_forms) {
  for (const std::string_view text :
       {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF"})
    EXPECT_FALSE(is_valid(text));
}

TEST(Utf8, refuses_surrogates_and_what_is_above_the_last_character) {
  for (const std::string_view text :
       {"\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xFE"})
    EXPECT_FALSE(is_valid(text));
}

TEST(Utf8, refuses_cut_characters_and_stray_continuations) {
  for (const std::string_view text :
       {"\xC2", "\xE2\x82", "\xF0\x9F\x98", "\x80", "\xBF", "12345678\x80", "\xC2z", "\xE2\x82z"})
    EXPECT_FALSE(is_valid(text));
}

TEST(Utf8, appends_what_it_accepts) {
  for (const std::uint32_t point : {0x24U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    std::string text;
    append(text, point);
    EXPECT_EQ(character_size(text), text.size()) << point;
  }
}

}  // namespace
}  // namespace latchkey::protocol::utf8
