#include "protocol/release/tuf/canonical_json.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::tuf {
namespace {

std::string canonical(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return "unreadable";
  const auto printed = to_canonical(*value);
  return printed ? *printed : std::string(name_of(printed.error().code));
}

TEST(CanonicalJson, members_are_sorted_and_white_space_goes) {
  EXPECT_EQ(canonical(" { \"b\" : [ 1 , {\"z\":null,\"a\":true} ] , \"a\" : \"x\" } "),
            R"({"a":"x","b":[1,{"a":true,"z":null}]})");
  EXPECT_EQ(canonical(R"({"aa":1,"a":2,"B":3,"é":4,"":5})"), R"({"":5,"B":3,"a":2,"aa":1,"é":4})");
  EXPECT_EQ(canonical("{}"), "{}");
  EXPECT_EQ(canonical("[]"), "[]");
}

TEST(CanonicalJson, only_the_quote_and_the_backslash_are_escaped) {
  EXPECT_EQ(canonical(R"("\u0041\n\t\u0001\/\"\\ü\u20ac")"), "\"A\n\t\x01/\\\"\\\\ü€\"");
}

TEST(CanonicalJson, numbers_are_integers_every_reader_reads_alike) {
  EXPECT_EQ(canonical("-7"), "-7");
  EXPECT_EQ(canonical("9007199254740991"), "9007199254740991");
  for (const auto* const wrong : {"9007199254740992", "-9007199254740992", "1.0", "1e3", "0.5", "99999999999999999999"})
    EXPECT_EQ(canonical(wrong), "invalid_format") << wrong;
  EXPECT_EQ(canonical("{\"a\":[1.5]}"), "invalid_format");
}

TEST(CanonicalJson, a_name_twice_is_refused_even_in_two_spellings) {
  EXPECT_EQ(canonical(R"({"a":1,"\u0061":2})"), "unreadable");
}

}  // namespace
}  // namespace latchkey::protocol::tuf
