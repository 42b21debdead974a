#include "patch/substitutions.h"

#include <gtest/gtest.h>

#include <string>

namespace latchkey::patch {
namespace {

std::vector<Substitution> learnt(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<Pair> pairs;
  for (const auto& [old_text, new_text] : texts)
    pairs.push_back({Bytes(as_bytes(old_text).begin(), as_bytes(old_text).end()), as_bytes(new_text)});
  return learn_substitutions(pairs);
}

std::string code(int i) {
  return "const a=" + std::to_string(i) + ";export function f(){return a}// nothing else here";
}

TEST(Substitutions, a_string_that_changed_alike_in_three_files_is_learnt) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (int i = 0; i < 3; ++i) texts.emplace_back("id=app@1.9.4;" + code(i), "id=app@1.10.0;" + code(i));
  const auto found = learnt(texts);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from, "app@1.9.4");
  EXPECT_EQ(found[0].to, "app@1.10.0");
  texts.pop_back();
  EXPECT_TRUE(learnt(texts).empty());
}

TEST(Substitutions, a_word_that_stayed_elsewhere_is_left_alone) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (int i = 0; i < 5; ++i)
    texts.emplace_back("x=function(){};" + code(i) + code(i), "x=(function(){};" + code(i) + code(i));
  EXPECT_TRUE(learnt(texts).empty());
}

TEST(FindAll, finds_what_does_not_overlap_at_both_ends_and_single_bytes) {
  const auto found = [](std::string_view text, std::string_view wanted) { return find_all(as_bytes(text), wanted); };
  EXPECT_EQ(found("abcabcab", "abc"), (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(found("aaaaa", "aa"), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(found("xaxx", "x"), (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_TRUE(found("ab", "abc").empty());
  EXPECT_TRUE(found("", "a").empty());
  const std::string longest(96, 'q');
  EXPECT_EQ(found("zz" + longest + "q" + longest, longest), (std::vector<std::size_t>{2, 98}));
}

}  // namespace
}  // namespace latchkey::patch
