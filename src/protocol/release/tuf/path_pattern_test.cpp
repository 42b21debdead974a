#include "protocol/release/tuf/path_pattern.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::tuf {
namespace {

TEST(PathPattern, a_star_does_not_cross_a_slash) {
  struct Row {
    const char* pattern;
    const char* path;
    bool matches;
  };
  for (const Row& row :
       {Row{"stable/*", "stable/release.json", true}, Row{"stable/*", "stable/a/b", false},
        Row{"stable/*", "stable", false}, Row{"stable/*", "beta/release.json", false}, Row{"*", "channels.json", true},
        Row{"*", "stable/x", false}, Row{"*/x", "stable/x", true},
        Row{"policy/stable/*", "policy/stable/policy.json", true}, Row{"policy/stable/*", "stable/policy.json", false},
        Row{"a/*.json", "a/b.json", true}, Row{"a/*.json", "a/.json", false}, Row{"a/*.json", "a/b.jso", false},
        Row{"a/b*c", "a/bc", true}, Row{"a/b*c", "a/b", false}, Row{"a/b*b", "a/b", false}})
    EXPECT_EQ(check_target_path(row.path) && matches(row.pattern, row.path), row.matches)
        << row.pattern << " " << row.path;
}

TEST(PathPattern, only_what_every_client_reads_alike_is_a_pattern) {
  for (const auto* const right : {"a", "*", "stable/*", "a-b_c.d/E*"}) EXPECT_TRUE(check_path_pattern(right)) << right;
  for (const auto* const wrong : {"", "/", "/a", "a/", "a//b", "**", "a/**", "a*b*", "a?", "[a]", "{a,b}", "!a", "a\\b",
                                  "..", "a/../b", ".a", "a b", "ä"})
    EXPECT_FALSE(check_path_pattern(wrong)) << wrong;
  EXPECT_FALSE(check_target_path("stable/*"));
  EXPECT_FALSE(check_target_path(std::string(257, 'a')));
}

TEST(RoleName, is_a_file_name_everywhere) {
  for (const auto* const right : {"targets", "ch-stable", "1"}) EXPECT_TRUE(check_role_name(right)) << right;
  for (const auto* const wrong : {"", "-a", "A", "a/b", "a.b", "..", "a b"})
    EXPECT_FALSE(check_role_name(wrong)) << wrong;
  EXPECT_FALSE(check_role_name(std::string(65, 'a')));
}

}  // namespace
}  // namespace latchkey::protocol::tuf
