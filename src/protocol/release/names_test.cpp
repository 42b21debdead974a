#include "protocol/release/names.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::release {
namespace {

TEST(ReleaseNames, app_ids_are_safe_folders) {
  for (const auto* const good : {"a", "0", "org.example.shop", "a-b.c", "a.", "a-"})
    EXPECT_TRUE(check_app_id(good)) << good;
  for (const auto* const bad : {"", ".a", "-a", "a..b", "A", "a/b", "a_b", "a b", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(check_app_id(bad)) << bad;
  EXPECT_TRUE(check_app_id(std::string(128, 'a')));
  EXPECT_FALSE(check_app_id(std::string(129, 'a')));
  EXPECT_FALSE(check_app_id(std::string_view("a\0b", 3)));
}

TEST(ReleaseNames, channel_names_are_safe_in_role_names) {
  for (const auto* const good : {"stable", "beta-2", "0"}) EXPECT_TRUE(check_channel_name(good)) << good;
  for (const auto* const bad : {"", "-beta", "a.b", "a/b", "*", "Beta", "a_b"})
    EXPECT_FALSE(check_channel_name(bad)) << bad;
  EXPECT_TRUE(check_channel_name(std::string(32, 'a')));
  EXPECT_FALSE(check_channel_name(std::string(33, 'a')));
}

TEST(ReleaseNames, words_and_lines_have_bounds) {
  EXPECT_TRUE(check_word("not_ready"));
  for (const auto* const bad : {"", "_a", "1a", "A", "a-b", "a b"}) EXPECT_FALSE(check_word(bad)) << bad;
  EXPECT_TRUE(check_line("crashes on \xc3\xa4lter phones", 64));
  EXPECT_TRUE(check_line("", 0));
  for (const auto* const bad : {"a\nb", "\x1b[2J", "\x7f", "\xff", "too long"}) EXPECT_FALSE(check_line(bad, 7)) << bad;
}

TEST(ReleaseNames, release_ids_are_32_digits) {
  const auto id = parse_release_id("000102030405060708090a0b0c0d0e0f");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->value()[15], 15);
  EXPECT_EQ(print(*id), "000102030405060708090a0b0c0d0e0f");
  EXPECT_FALSE(parse_release_id("000102030405060708090A0B0C0D0E0F"));
  EXPECT_FALSE(parse_release_id("00010203"));
}

TEST(NativeVersions, compare_as_numbers) {
  EXPECT_LT(*parse_native_version("1.9.0"), *parse_native_version("1.10"));
  EXPECT_EQ(*parse_native_version("2"), *parse_native_version("2.0.0"));
  EXPECT_LT(*parse_native_version("2.0.0"), *parse_native_version("2.0.1"));
  EXPECT_EQ(print(*parse_native_version("2.1")), "2.1.0");
  EXPECT_EQ(parse_native_version("2147483647")->major, 2147483647U);
}

TEST(NativeVersions, refuse_everything_else) {
  for (const auto* const bad : {"", ".", "1.", ".1", "1..2", "1.2.3.4", "1.2.3.", "01", "1.02", "-1", "+1", "1.2-beta",
                                "1.2.3+4", "2147483648", "99999999999", "1 ", " 1", "v1"})
    EXPECT_FALSE(parse_native_version(bad)) << bad;
}

}  // namespace
}  // namespace latchkey::protocol::release
