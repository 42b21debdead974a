#include "protocol/oauth/base64.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::oauth {
namespace {

TEST(Base64, agrees_with_the_rfc) {
  constexpr std::pair<std::string_view, std::string_view> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFF\xFE\xFB", "//77"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(std::string_view(*parse_base64(text)), bytes);
  }
}

TEST(Base64, is_strict) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "Z===", "====", "=", "Zg==Zg==", "--77", "__77", "Zm9v\n"})
    EXPECT_FALSE(parse_base64(text)) << text;
}

}  // namespace
}  // namespace latchkey::protocol::oauth
