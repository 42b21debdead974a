#include "protocol/release/channels.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::release {
namespace {

const std::string channels_text =
    R"({"_type":"latchkey-channels","app":"org.example","channels":[{"name":"stable","private":false,"self_assign":true},)"
    R"({"name":"staff","private":true,"self_assign":false}],"default":"stable"})";

std::string with_channel_changed(std::string_view from, std::string_view to) {
  std::string changed = channels_text;
  return changed.replace(changed.find(from), from.size(), to);
}

TEST(Channels, what_is_read_is_printed_again) {
  const auto channels = parse_channels(channels_text);
  ASSERT_TRUE(channels) << to_string(channels.error());
  EXPECT_EQ(print_channels(*channels), channels_text);
  ASSERT_NE(channels->find("staff"), nullptr);
  EXPECT_TRUE(channels->find("staff")->is_private);
  EXPECT_EQ(channels->find("beta"), nullptr);
}

TEST(Channels, may_be_for_some_platforms_only) {
  const auto narrow = parse_channels(with_channel_changed(R"("staff",)", R"("staff","platforms":["android","ios"],)"));
  ASSERT_TRUE(narrow) << to_string(narrow.error());
  EXPECT_EQ(narrow->find("staff")->platforms, (std::vector<std::string>{"android", "ios"}));
  EXPECT_EQ(parse_channels(print_channels(*narrow))->find("staff")->platforms.size(), 2U);
  for (const auto* wrong : {R"([])", R"(["ios","android"])", R"(["ios","ios"])", R"(["symbian"])", R"("ios")", "null"})
    EXPECT_FALSE(
        parse_channels(with_channel_changed(R"("staff",)", std::string(R"("staff","platforms":)") + wrong + ",")))
        << wrong;
}

TEST(Channels, mistakes_are_refused) {
  const std::pair<std::string_view, std::string_view> changes[] = {
      {"latchkey-channels", "latchkey-policy"},      {R"("name":"staff")", R"("name":"stable")"},
      {R"("name":"staff")", R"("name":"Staff")"},    {R"("default":"stable")", R"("default":"beta")"},
      {R"("app":"org.example")", R"("app":"../x")"}, {R"("private":true,)", ""},
      {R"("private":true)", R"("private":1)"},       {R"("private":true)", R"("private":true,"hidden":true)"},
      {R"("default":)", R"("extra":1,"default":)"},
  };
  for (const auto& [from, to] : changes) EXPECT_FALSE(parse_channels(with_channel_changed(from, to))) << to;
  EXPECT_FALSE(parse_channels(R"({"_type":"latchkey-channels","app":"a","channels":[],"default":""})"));
}

TEST(Channels, are_sixty_four_at_most) {
  Channels many{.app = "a", .default_channel = "c0", .channels = {}};
  for (int i = 0; i < 64; ++i) many.channels.push_back({.name = "c" + std::to_string(i)});
  EXPECT_TRUE(parse_channels(print_channels(many)));
  many.channels.push_back({.name = "one-more"});
  EXPECT_FALSE(check_channels(many));
  EXPECT_FALSE(parse_channels(print_channels(many)));
}

}  // namespace
}  // namespace latchkey::protocol::release
