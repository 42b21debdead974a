#include "patch/rewrite.h"

#include <gtest/gtest.h>

#include "patch/limits.h"
#include "patch/substitutions.h"

namespace latchkey::patch {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  Bytes bytes = bytes_of(text);
  EXPECT_TRUE(replace_all(bytes, from, to));
  return std::string(as_text(bytes));
}

TEST(Rewrite, names_of_renamed_files_are_replaced_everywhere) {
  const std::vector<BaseFile> base{{"a-AAAA1111.js", 1}, {"b-BBBB2222.css", 1}, {"c.js", 1}};
  Table table;
  table.rows = {{"a-CCCC3333.js", 0, Kind::text, 1}, {"b-DDDD4444.css", 1, Kind::copy, 1}, {"c.js", 2, Kind::text, 1}};
  Bytes text = bytes_of("AAAA1111 import\"./a-AAAA1111.js\";\"b-BBBB2222.css\"BBBB2222");
  SourceWork work;
  ASSERT_TRUE(Rewriter(table, base).rewrite(text, work));
  EXPECT_EQ(as_text(text), "CCCC3333 import\"./a-CCCC3333.js\";\"b-DDDD4444.css\"DDDD4444");
}

TEST(Rewrite, the_longest_of_two_tokens_wins_and_the_first_of_two_alike) {
  const std::vector<BaseFile> base{{"a-AAAA1111.js", 1}, {"a-AAAA11112.js", 1}, {"a-AAAA1111.css", 1}};
  Table table;
  table.rows = {{"a-CCCC3333.js", 0}, {"a-DDDD44445.js", 1}, {"a-EEEE5555.css", 2}};
  Bytes text = bytes_of("AAAA1111 AAAA11112");
  SourceWork work;
  ASSERT_TRUE(Rewriter(table, base).rewrite(text, work));
  EXPECT_EQ(as_text(text), "CCCC3333 DDDD44445");
}

TEST(Rewrite, tokens_are_found_wherever_they_begin_and_only_behind_the_one_before) {
  const std::vector<BaseFile> base{{"a-ABABAB.js", 1}, {"b-XAAAAAA7.js", 1}};
  Table table;
  table.rows = {{"a-CDCDCD.js", 0}, {"b-YBBBBBB8.js", 1}};
  const Rewriter rewriter(table, base);
  for (std::size_t front = 0; front < 8; ++front)
    for (std::size_t back = 0; back < 8; ++back) {
      const std::string before(front, '-'), after(back, '-');
      Bytes text = bytes_of(before + "ABABABABXAAAAAA7ABABAB" + after);
      rewriter.replace_tokens(text);
      EXPECT_EQ(as_text(text), before + "CDCDCDABYBBBBBB8CDCDCD" + after);
    }
}

TEST(Rewrite, of_tokens_that_begin_alike_the_first_few_count) {
  std::vector<std::string> old_paths, new_paths;
  for (std::size_t i = 0; i <= limits::max_tokens_alike; ++i) {
    old_paths.push_back("a-AAAA11" + std::to_string(10 + i));
    new_paths.push_back("a-BBBB22" + std::to_string(10 + i));
  }
  std::vector<BaseFile> base;
  Table table;
  for (std::uint32_t i = 0; i < old_paths.size(); ++i) {
    base.push_back({old_paths[i], 1});
    table.rows.push_back({new_paths[i], i});
  }
  Bytes text = bytes_of(old_paths.front() + ' ' + old_paths.back());
  SourceWork work;
  ASSERT_TRUE(Rewriter(table, base).rewrite(text, work));
  EXPECT_EQ(as_text(text), new_paths.front() + ' ' + old_paths.back());
}

TEST(Rewrite, looks_through_no_more_than_it_may) {
  Table table;
  table.substitutions = {{"a", "bbbb"}, {"b", ""}};
  Bytes text(100, 'a');
  SourceWork enough(100 + 100 + 400);
  ASSERT_TRUE(Rewriter(table, {}).rewrite(text, enough));
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(enough.left(), 0U);
  text.assign(100, 'a');
  SourceWork too_little(100 + 100 + 399);
  EXPECT_EQ(Rewriter(table, {}).rewrite(text, too_little).error().code, Code::input_too_large);
}

TEST(Rewrite, substitutions_may_be_shorter_longer_or_equal) {
  EXPECT_EQ(replaced("v1 and v1", "v1", "v22"), "v22 and v22");
  EXPECT_EQ(replaced("aaaaa", "aa", "b"), "bba");
  EXPECT_EQ(replaced("aba", "a", "c"), "cbc");
  EXPECT_EQ(replaced("aba", "x", ""), "aba");
  EXPECT_EQ(replaced("", "x", "y"), "");
}

TEST(Rewrite, a_text_that_outgrows_a_group_is_refused) {
  Bytes text(limits::max_group_bytes, 'a');
  EXPECT_EQ(replace_all(text, "a", "bb").error().code, Code::input_too_large);
}

TEST(Substitutions, what_changed_alike_in_three_files_is_learnt_and_made) {
  const std::vector<std::string> after{"x=\"app@1.10.0\";first();", "y=\"app@1.10.0\";second()", "zz=\"app@1.10.0\";"};
  std::vector<Pair> pairs;
  pairs.push_back({bytes_of("x=\"app@1.9.4\";first();"), as_bytes(after[0])});
  pairs.push_back({bytes_of("y=\"app@1.9.4\";second()"), as_bytes(after[1])});
  pairs.push_back({bytes_of("zz=\"app@1.9.4\";"), as_bytes(after[2])});
  const auto learnt = learn_substitutions(pairs);
  ASSERT_EQ(learnt.size(), 1U);
  EXPECT_EQ(learnt[0].from, "app@1.9.4");
  EXPECT_EQ(learnt[0].to, "app@1.10.0");
  for (const Pair& pair : pairs) EXPECT_EQ(as_text(pair.old_text), as_text(pair.new_text));
}

}  // namespace
}  // namespace latchkey::patch
