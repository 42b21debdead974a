#include "vault/exchange/json_slices.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

std::string members_of(std::string_view text) {
  std::string out;
  const Status read = for_each_member(text, [&](const WipedString& name, std::string_view value) -> Status {
    out.append(name).append("=").append(value).append(";");
    return {};
  });
  return read ? out : "refused";
}

std::string elements_of(std::string_view text) {
  std::string out;
  const Status read = for_each_element(text, [&](std::string_view value) -> Status {
    out.append(value).append(";");
    return {};
  });
  return read ? out : "refused";
}

TEST(JsonSlices, gives_every_value_exactly_as_it_is_written) {
  EXPECT_EQ(members_of("{}"), "");
  EXPECT_EQ(members_of(" { } \n"), "");
  EXPECT_EQ(members_of(R"({"a":1})"), "a=1;");
  EXPECT_EQ(members_of("{ \"a\" : 1e2 ,\n\"b\":{\"c\":[1, 2]} }"), "a=1e2;b={\"c\":[1, 2]};");
  EXPECT_EQ(members_of(R"({"a":"x,}]\"\\","b":null})"), R"(a="x,}]\"\\";b=null;)");
  EXPECT_EQ(members_of(R"({"\u0061":1,"a":2})"), "a=1;a=2;");
  EXPECT_EQ(elements_of(R"([1,"2",[3],{"4":5}])"), R"(1;"2";[3];{"4":5};)");
  EXPECT_EQ(elements_of("[]"), "");
}

TEST(JsonSlices, refuses_a_container_that_is_none) {
  for (const char* text : {"",           " ",      "{",          "}",           "[]",
                           "1",          "\"a\"",  "{\"a\"}",    "{\"a\":}",    "{\"a\":1",
                           "{\"a\":1,}", "{,}",    "{\"a\":1}x", "{\"a\":1}{}", "{a:1}",
                           "{\"a",       "{\"a\\", "{\"a\":\"b", "{\"a\":1]",   "{\"\\ud800\":1}",
                           "{\"a\":[[]}"})
    EXPECT_EQ(members_of(text), "refused") << text;
  for (const char* text : {"", "{}", "[", "[1", "[1,]", "[,1]", "[1]]", "[1}"})
    EXPECT_EQ(elements_of(text), "refused") << text;
}

TEST(JsonSlices, what_the_consumer_fails_with_comes_back) {
  const auto refuse = [](std::string_view) -> Status { return fail(Code::busy); };
  EXPECT_EQ(code_of(for_each_element("[1]", refuse)), Code::busy);
}

TEST(JsonSlices, a_string_is_told_from_other_values) {
  EXPECT_EQ(std::string_view(*parse_json_string(R"("a\n")")), "a\n");
  for (const char* text : {"", "1", "null", "[]", "{\"a\":1}", "\"a", "\"a\" 1", "\"\x01\""})
    EXPECT_EQ(code_of(parse_json_string(text)), Code::invalid_format) << text;
}

TEST(JsonSlices, nesting_costs_no_stack) {
  const std::string deep = "{\"a\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_EQ(members_of(deep).size(), 2'000'003U);
}

}  // namespace
}  // namespace latchkey::vault
