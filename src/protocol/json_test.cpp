#include "protocol/json.h"

#include <gtest/gtest.h>

#include "protocol/json_writer.h"

namespace latchkey::protocol::json {
namespace {

using namespace std::string_view_literals;

std::string round_trip(std::string_view text) {
  const auto value = parse(text);
  return value ? std::string(print(*value)) : to_string(value.error());
}

Code code_of(std::string_view text, const Limits& limits = {}) {
  const auto value = parse(text, limits);
  return value ? Code{} : value.error().code;
}

TEST(Json, takes_every_kind_of_value) {
  EXPECT_EQ(round_trip(R"({"a":null,"b":true,"c":false,"d":-1,"e":1.5,"f":"x","g":[],"h":{}})"),
            R"({"a":null,"b":true,"c":false,"d":-1,"e":1.5,"f":"x","g":[],"h":{}})");
  EXPECT_EQ(round_trip(" \t\r\n[ 1 , 2 ] \n"), "[1,2]");
  for (const std::string_view scalar : {"null", "true", "false", "0", "-0", "\"\"", "3"})
    EXPECT_TRUE(parse(scalar)) << scalar;
}

TEST(Json, tells_integers_and_reals_apart) {
  EXPECT_EQ(parse("9223372036854775807")->to_integer(), INT64_MAX);
  EXPECT_EQ(parse("-9223372036854775808")->to_integer(), INT64_MIN);
  for (const std::string_view real : {"1.0", "1e3", "1E+3", "9223372036854775808", "-0.5", "1e-7"}) {
    const auto value = parse(real);
    ASSERT_TRUE(value) << real;
    EXPECT_EQ(value->type(), Type::real) << real;
    EXPECT_FALSE(value->to_integer()) << real;
  }
  EXPECT_DOUBLE_EQ(*parse("1e3")->to_number(), 1000.0);
  EXPECT_DOUBLE_EQ(*parse("7")->to_number(), 7.0);
}

// The cases of the public JSON test suites, by kind.
TEST(Json, refuses_malformed_numbers) {
  for (const std::string_view text :
       {"-",      "+1",  "01",  "-01", "00",       ".5",        "1.",   "1.e1",        "1e",
        "1e+",    "1E-", "0x1", "1_0", "Infinity", "-Infinity", "NaN",  "-NaN",        "1e400",
        "-1e400", "1 2", "--1", "1-",  "2.e3",     "0e",        "1eE2", "\xEF\xBC\x91"})
    EXPECT_EQ(code_of(text), Code::invalid_format) << text;
}

TEST(Json, refuses_malformed_structure) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[,]",
                                      "[1 2]",
                                      "[1:2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\" 1}",
                                      "{1:1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\":1 \"b\":2}",
                                      "[]]",
                                      "{}}",
                                      "[1]x",
                                      "1 1",
                                      "[1}",
                                      "{\"a\":1]",
                                      "tru",
                                      "TRUE",
                                      "nul",
                                      "nulll",
                                      "falsey",
                                      "// x\n1",
                                      "/* */1",
                                      "[1]//",
                                      "#\n1",
                                      "{\"a\"::1}",
                                      "[\"a\",\n4\n,1,",
                                      "\f[]",
                                      "[\v1]",
                                      "\xC2\xA0[]"})
    EXPECT_EQ(code_of(text), Code::invalid_format) << text;
}

TEST(Json, refuses_malformed_strings) {
  for (const std::string_view text : std::initializer_list<std::string_view>{
           "\"", "\"a", "'a'", "\"\\\"", "\"\\x41\"", "\"\\a\"", "\"\\u\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\u+123\"",
           "\"\\u-001\"", "\"\n\"", "\"\t\"", "\"\x1F\"", "\"a\0b\""sv, "\"\\U0041\"", "\"\\\n\"", "\"\\u 123\"",
           "\"\\u0x12\""})
    EXPECT_EQ(code_of(text), Code::invalid_format) << text;
}

TEST(Json, refuses_lone_surrogates) {
  for (const std::string_view text :
       {R"("\uD800")", R"("\uDC00")", R"("\uD800x")", R"("\uD800\n")", R"("\uD800\uD800")", R"("\uDC00\uD800")",
        R"("\uD83D\u0041")", R"("\uDFFF")", R"({"\uD800":1})"})
    EXPECT_EQ(code_of(text), Code::invalid_format) << text;
}

TEST(Json, refuses_a_byte_order_mark_and_other_encodings) {
  for (const std::string_view text :
       {"\xEF\xBB\xBF{}"sv, "\xFF\xFE[\0]\0"sv, "\0[\0]"sv, "[\"\xE9\"]"sv, "[\"\xED\xA0\x80\"]"sv, "[\"\xC0\xAF\"]"sv,
        "[\"\xF4\x90\x80\x80\"]"sv, "\x80"sv, "[\xFF]"sv})
    EXPECT_EQ(code_of(text), Code::invalid_format);
}

TEST(Json, reads_every_escape) {
  EXPECT_EQ(parse(R"("\"\\\/\b\f\n\r\t")")->to_string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(parse(R"("\u0041\u00e9\u20AC\uD83D\uDE00")")->to_string(), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(parse(R"("\u0000")")->to_string(), "\0"sv);
  EXPECT_EQ(parse("\"\x7F\xF0\x9F\x98\x80\"")->to_string(), "\x7F\xF0\x9F\x98\x80");
}

TEST(Json, refuses_a_name_given_twice) {
  EXPECT_EQ(code_of(R"({"a":1,"a":1})"), Code::invalid_format);
  EXPECT_EQ(code_of(R"({"a":1,"\u0061":2})"), Code::invalid_format);
  EXPECT_EQ(code_of(R"({"x":{"a":1,"b":2,"a":3}})"), Code::invalid_format);
  EXPECT_TRUE(parse(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(Json, refuses_a_name_given_twice_in_a_wide_object) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"m" + std::to_string(i) + "\":1,";
  EXPECT_TRUE(parse(text + "\"last\":1}"));
  EXPECT_EQ(code_of(text + "\"m50\":1}"), Code::invalid_format);
}

TEST(Json, bounds_depth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse(nested(limits::json_depth)));
  EXPECT_EQ(code_of(nested(limits::json_depth + 1)), Code::input_too_large);
  EXPECT_EQ(code_of(nested(10'000)), Code::input_too_large);
  std::string objects;
  for (int i = 0; i < 9; ++i) objects += "{\"a\":";
  EXPECT_EQ(code_of(objects, {1000, 8, 100}), Code::input_too_large);
}

TEST(Json, bounds_bytes_and_members) {
  EXPECT_EQ(code_of("\"" + std::string(100, 'a') + "\"", {100, 8, 8}), Code::input_too_large);
  EXPECT_TRUE(parse("[1,2,3,4]", {100, 8, 4}));
  EXPECT_EQ(code_of("[1,2,3,4,5]", {100, 8, 4}), Code::input_too_large);
  EXPECT_EQ(code_of(R"([{"a":1},{"b":[1]}])", {100, 8, 4}), Code::input_too_large);
}

TEST(Json, details_never_quote_the_document) {
  const auto broken = parse(R"({"password":"hunter2" "x"})");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().detail.find("hunter2"), std::string::npos);
  const auto twice = parse(R"({"secret-name":1,"secret-name":2})");
  EXPECT_EQ(twice.error().detail.find("secret"), std::string::npos);
}

TEST(Json, reads_members_by_type) {
  const auto object = parse_object(R"({"text":"a","count":3,"yes":true,"list":["x","y"],"inner":{},"none":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(*get_string(*object, "text"), "a");
  EXPECT_EQ(*get_integer(*object, "count"), 3);
  EXPECT_TRUE(*get_bool(*object, "yes"));
  EXPECT_EQ(*find_strings(*object, "list"), (std::vector<std::string>{"x", "y"}));
  EXPECT_NE(*find_object(*object, "inner"), nullptr);
  EXPECT_EQ((*find_array(*object, "list"))->size(), 2U);
}

TEST(Json, absence_is_no_failure_unless_required) {
  const auto object = parse_object("{}");
  EXPECT_FALSE(find_string(*object, "a")->has_value());
  EXPECT_FALSE(find_integer(*object, "a")->has_value());
  EXPECT_EQ(*find_object(*object, "a"), nullptr);
  EXPECT_TRUE(find_strings(*object, "a")->empty());
  EXPECT_EQ(get_string(*object, "a").error(), (Error{Code::invalid_format, "a is missing"}));
}

TEST(Json, the_wrong_type_fails_and_is_never_absence) {
  const auto object = parse_object(R"({"n":null,"s":"1","i":1,"r":1.0,"b":true,"l":[1],"o":{}})");
  for (const std::string_view name : {"n", "i", "r", "b", "l", "o"}) EXPECT_FALSE(find_string(*object, name)) << name;
  for (const std::string_view name : {"n", "s", "r", "b", "l", "o"}) EXPECT_FALSE(find_integer(*object, name)) << name;
  for (const std::string_view name : {"n", "s", "i", "r", "l", "o"}) EXPECT_FALSE(find_bool(*object, name)) << name;
  for (const std::string_view name : {"n", "s", "i", "r", "b", "l"}) EXPECT_FALSE(find_object(*object, name)) << name;
  for (const std::string_view name : {"n", "s", "i", "r", "b", "o"}) EXPECT_FALSE(find_array(*object, name)) << name;
  EXPECT_FALSE(find_strings(*object, "l"));
}

TEST(Json, only_an_object_is_an_object) {
  for (const std::string_view text : {"[]", "1", "\"a\"", "null"}) EXPECT_FALSE(parse_object(text)) << text;
}

}  // namespace
}  // namespace latchkey::protocol::json
