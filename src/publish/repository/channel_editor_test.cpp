#include "publish/repository/channel_editor.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace latchkey::publish {
namespace {

release::Channels two_channels() {
  return {.app = "com.example.shop",
          .default_channel = "stable",
          .channels = {{.name = "stable", .self_assign = true}, {.name = "beta", .self_assign = true}}};
}

TEST(EditingChannels, what_is_not_named_stays) {
  const auto same = edit_channel(two_channels(), "beta", {});
  ASSERT_TRUE(same);
  EXPECT_EQ(*same, two_channels());
  const auto closed = edit_channel(two_channels(), "beta", {.self_assign = false, .is_private = true});
  ASSERT_TRUE(closed);
  EXPECT_FALSE(closed->find("beta")->self_assign);
  EXPECT_TRUE(closed->find("beta")->is_private);
  EXPECT_EQ(*closed->find("stable"), *two_channels().find("stable"));
}

TEST(EditingChannels, platforms_are_sorted_and_none_named_means_all) {
  auto narrow = edit_channel(two_channels(), "beta", {.platforms = std::vector<std::string>{"ios", "android"}});
  ASSERT_TRUE(narrow);
  EXPECT_EQ(narrow->find("beta")->platforms, (std::vector<std::string>{"android", "ios"}));
  const auto wide = edit_channel(*narrow, "beta", {.platforms = std::vector<std::string>{}});
  EXPECT_TRUE(wide->find("beta")->platforms.empty());
  EXPECT_EQ(edit_channel(two_channels(), "beta", {.platforms = std::vector<std::string>{"symbian"}}).error().code,
            Code::invalid_argument);
}

TEST(EditingChannels, one_of_them_is_the_default) {
  EXPECT_EQ(edit_channel(two_channels(), "beta", {.becomes_default = true})->default_channel, "beta");
  EXPECT_EQ(edit_channel(two_channels(), "gamma", {.becomes_default = true}).error().code, Code::not_found);
}

TEST(EditingChannels, the_next_targets_name_the_file_by_its_hash) {
  tuf::Targets targets;
  targets.version = 4;
  const Instant expires = from_unix_seconds(1'800'000'000);
  const auto next = name_channels(targets, two_channels(), expires);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->version, 5);
  EXPECT_EQ(next->expires, expires);
  EXPECT_EQ(next->files.at("channels.json"), tuf::describe_target(as_bytes(print_channels(two_channels()))));
  auto wrong = two_channels();
  wrong.default_channel = "gamma";
  EXPECT_EQ(name_channels(targets, wrong, expires).error().code, Code::invalid_argument);
}

TEST(EditingChannels, a_folder_without_a_repository_says_what_to_do) {
  const latchkey::testing::TemporaryFolder folder;
  const auto none = read_channels(MetadataFolder(folder.path()));
  ASSERT_EQ(none.error().code, Code::not_found);
  EXPECT_NE(none.error().detail.find("keys init"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::publish
