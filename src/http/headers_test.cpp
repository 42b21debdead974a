#include "http/headers.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

TEST(Headers, finds_a_field_in_any_case) {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  EXPECT_EQ(headers.find("content-TYPE"), "text/plain");
  EXPECT_FALSE(headers.find("content-typ"));
  EXPECT_FALSE(headers.has("Content-Length"));
}

TEST(Headers, keeps_order_and_repeated_fields) {
  Headers headers;
  headers.add("Set-Cookie", "a=1");
  headers.add("X", "y");
  headers.add("set-cookie", "b=2");
  EXPECT_EQ(headers.count("Set-Cookie"), 2U);
  EXPECT_EQ(headers.find("set-cookie"), "a=1");
  EXPECT_EQ(headers[2].name, "set-cookie");
  EXPECT_EQ(headers[2].value, "b=2");
  std::size_t seen = 0;
  for (const auto field : headers) seen += field.value.size();
  EXPECT_EQ(seen, 7U);
}

TEST(Headers, set_replaces_every_field_of_that_name) {
  Headers headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.set("A", "4");
  EXPECT_EQ(headers.count("a"), 1U);
  EXPECT_EQ(headers.find("A"), "4");
  EXPECT_EQ(headers.find("B"), "2");
}

TEST(Headers, clear_leaves_nothing_behind) {
  Headers headers;
  headers.add("Authorization", "Bearer canary-canary");
  const char* text = headers[0].value.data();
  headers.clear();
  EXPECT_TRUE(headers.empty());
  headers.add("A", "");  // the same memory is in use again
  EXPECT_EQ(text[0], '\0');
  EXPECT_EQ(text[19], '\0');
}

TEST(Headers, names_that_differ_only_beyond_letters_are_different) {
  EXPECT_TRUE(is_same_name("DPoP", "dpop"));
  EXPECT_FALSE(is_same_name("a[", "a{"));  // differ in the bit that tells cases apart
  EXPECT_FALSE(is_same_name("a", "ab"));
}

TEST(Headers, tokens_of_a_list) {
  EXPECT_TRUE(has_token("close", "close"));
  EXPECT_TRUE(has_token("keep-alive , Close", "close"));
  EXPECT_TRUE(has_token("a,\tb ,c", "B"));
  EXPECT_FALSE(has_token("closed, x", "close"));
  EXPECT_FALSE(has_token("", "close"));
}

}  // namespace
}  // namespace latchkey::http
