#include "patch/rename.h"

#include <gtest/gtest.h>

namespace latchkey::patch {
namespace {

TEST(Rename, a_hash_in_a_name_is_the_token) {
  const auto token = token_of("assets/index-DgYk3x9a.js", "assets/index-B7hQ2zzA.js");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->from, "DgYk3x9a");
  EXPECT_EQ(token->to, "B7hQ2zzA");
}

TEST(Rename, letters_that_hashes_share_by_chance_belong_to_the_token) {
  const auto token = token_of("index-Dabc123e.js", "index-Dxyz456e.js");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->from, "Dabc123e");
  EXPECT_EQ(token->to, "Dxyz456e");
}

TEST(Rename, a_name_that_is_nothing_but_a_hash_is_a_token) {
  EXPECT_EQ(token_of("_nuxt/CQGe8WQG.js", "_nuxt/X1Ge8WQG.js")->from, "CQGe8WQG");
}

TEST(Rename, words_short_parts_and_parts_of_other_lengths_are_no_tokens) {
  EXPECT_FALSE(token_of("button.js", "slider.js"));
  EXPECT_FALSE(token_of("a-12345.js", "a-67890.js"));
  EXPECT_FALSE(token_of("a-1234567.js", "a-12345678.js"));
  EXPECT_FALSE(token_of("same-12345678.js", "same-12345678.js"));
}

TEST(Rename, what_is_shared_does_not_overlap) {
  const Renaming names = compare_names("aaa", "aa");
  EXPECT_LE(names.front + names.back, 2U);
}

}  // namespace
}  // namespace latchkey::patch
