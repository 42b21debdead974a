#include "patch/blanking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace latchkey::patch {
namespace {

struct Split {
  std::string text;
  std::vector<std::string> names;
};

Split split(std::string_view text) {
  TextBuffer blanked;
  std::vector<Name> names;
  split_names(as_bytes(text), blanked, names);
  Split result;
  for (const std::uint8_t byte : blanked.view()) result.text += byte == blank ? '#' : static_cast<char>(byte);
  for (Name name : names) {
    std::string& letters = result.names.emplace_back();
    for (; name != 0; name >>= 8) letters += static_cast<char>(name & 0xFF);
    EXPECT_EQ(letters.size(), length_of(result.names.size() == 1 ? names[0] : names[result.names.size() - 1]));
  }
  return result;
}

TEST(Blanking, short_identifiers_become_blanks) {
  const Split got = split("function(e,tt){return e$1+tt(_,$)}");
  EXPECT_EQ(got.text, "function(#,#){return #+#(#,#)}");
  EXPECT_EQ(got.names, (std::vector<std::string>{"e", "tt", "e$1", "tt", "_", "$"}));
}

TEST(Blanking, properties_numbers_keywords_and_longer_names_stay) {
  EXPECT_EQ(split("if(a.b>1e3)for(var name in c);").text, "if(#.b>1e3)for(var name in #);");
}

TEST(Blanking, a_spread_name_is_no_property) { EXPECT_EQ(split("[...a,..b,.c]").text, "[...#,..#,.c]"); }

TEST(Blanking, begins_and_ends_with_names) {
  EXPECT_EQ(split("a").text, "#");
  EXPECT_EQ(split(".a").text, ".a");
  EXPECT_EQ(split("").text, "");
}

// The rule as docs/formats/patch-v1.md has it, a byte at a time.
Split split_slowly(std::string_view text) {
  const std::string_view keywords = " if in do of as for var let new try get set NaN px div is to the and svg ";
  Split result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && name_alphabet.find(text[end]) != std::string_view::npos) ++end;
    const std::string word(text.substr(at, end - at));
    const bool is_property = at != 0 && text[at - 1] == '.' && (at == 1 || text[at - 2] != '.');
    if (word.empty() || word.size() > name_letters || (word[0] >= '0' && word[0] <= '9') || is_property ||
        keywords.find(' ' + word + ' ') != std::string_view::npos) {
      result.text += word.empty() ? std::string(1, text[at]) : word;
    } else {
      result.text += '#';
      result.names.push_back(word);
    }
    at += std::max<std::size_t>(word.size(), 1);
  }
  return result;
}

TEST(Blanking, is_the_same_wherever_a_word_lies) {
  std::mt19937 random(7);  // fixed: every run sees the same texts
  const std::string_view letters = "aZ_$9..,in ";
  for (std::size_t length = 0; length < 400; ++length) {
    std::string text;
    while (text.size() < length) text += letters[random() % letters.size()];
    const Split got = split(text);
    const Split wanted = split_slowly(text);
    EXPECT_EQ(got.text, wanted.text) << text;
    EXPECT_EQ(got.names, wanted.names) << text;
  }
}

TEST(Blanking, text_with_the_blank_byte_may_not_be_blanked) {
  EXPECT_TRUE(may_be_blanked({}));
  EXPECT_TRUE(may_be_blanked(as_bytes("\xC3\xBF")));
  EXPECT_FALSE(may_be_blanked(as_bytes("a\xFFz")));
}

}  // namespace
}  // namespace latchkey::patch
