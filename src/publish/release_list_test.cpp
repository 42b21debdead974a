#include "publish/release_list.h"

#include <gtest/gtest.h>

namespace latchkey::publish {
namespace {

const std::string listed_id = "00112233445566778899aabbccddeeff";

std::string release_with(const std::string& name, const std::string& reason, const std::string& bps = "250") {
  return R"({"id":")" + listed_id + R"(","sequence":3,"name":")" + name + R"(","bps":)" + bps +
         R"(,"halted":false,"paused":true,"reason":")" + reason + R"(","devices":20,"failed":1})";
}
std::string list_of(const std::string& releases) { return R"({"releases":[)" + releases + "]}"; }

TEST(ReleaseList, is_read_as_the_server_gives_it) {
  const auto list = parse_release_list(list_of(release_with("1.2", "crashes") + "," + release_with("1.1", "")));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  const ListedRelease& first = list->front();
  EXPECT_EQ(print(first.id), listed_id);
  EXPECT_EQ(first.name, "1.2");
  EXPECT_EQ(first.reason, "crashes");
  EXPECT_EQ(first.basis_points, 250);
  EXPECT_TRUE(first.is_paused && !first.is_halted);
  EXPECT_EQ(first.devices, 20);
  EXPECT_EQ(first.failed, 1);
}

TEST(ReleaseList, says_from_how_many_networks_failures_came_when_the_server_does) {
  std::string release = release_with("1.2", "");
  EXPECT_FALSE(parse_release_list(list_of(release))->front().failing_networks);
  release.insert(release.size() - 1, R"(,"failing_networks":7)");
  EXPECT_EQ(parse_release_list(list_of(release))->front().failing_networks, 7);
  EXPECT_TRUE(parse_release_list(list_of(release))->front().is_watched);
  release.insert(release.size() - 1, R"(,"watched":false)");
  EXPECT_FALSE(parse_release_list(list_of(release))->front().is_watched);
  release.replace(release.size() - 2, 1, "-1");
  EXPECT_FALSE(parse_release_list(list_of(release)));
}

TEST(ReleaseList, nothing_in_it_can_write_to_the_terminal) {
  for (const char* text : {R"(\u001b[2J)", R"(a\nb)", R"(\u007f)", R"(\u0007)"}) {
    EXPECT_FALSE(parse_release_list(list_of(release_with(text, "")))) << text;
    EXPECT_FALSE(parse_release_list(list_of(release_with("1.2", text)))) << text;
    EXPECT_FALSE(parse_channel_list(R"({"channels":[{"name":")" + std::string(text) + R"("}]})")) << text;
  }
}

TEST(ReleaseList, numbers_stay_in_their_bounds) {
  for (const char* bps : {"-1", "10001", "1.5", "\"1\"", "null"})
    EXPECT_FALSE(parse_release_list(list_of(release_with("1.2", "", bps)))) << bps;
}

TEST(ReleaseList, a_channel_may_have_no_release) {
  const std::string text = R"({"channels":[{"name":"stable","release":)" + release_with("1.2", "") +
                           R"(},{"name":"beta","release":null},{"name":"nightly"}]})";
  const auto list = parse_channel_list(text);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0].newest->name, "1.2");
  EXPECT_FALSE((*list)[1].newest || (*list)[2].newest);
}

TEST(ReleaseList, what_is_no_list_is_refused) {
  for (const char* text : {"", "[]", R"({"releases":{}})", R"({"releases":[1]})", R"({"releases":[{}]})"})
    EXPECT_FALSE(parse_release_list(text)) << text;
  EXPECT_TRUE(parse_release_list("{}")->empty());
}

}  // namespace
}  // namespace latchkey::publish
