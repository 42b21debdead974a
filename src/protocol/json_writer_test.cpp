#include "protocol/json_writer.h"

#include <gtest/gtest.h>

#include "protocol/json.h"

namespace latchkey::protocol::json {
namespace {

using namespace std::string_view_literals;

TEST(JsonWriter, places_commas) {
  std::string out;
  Writer writer(out);
  writer.begin_object().member("a", 1).member("b", "x").key("c").begin_array().value(true).value(2).null().end_array();
  writer.key("d").begin_object().end_object().member("e", false).end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","c":[true,2,null],"d":{},"e":false})");
}

TEST(JsonWriter, leaves_out_what_is_not_there) {
  std::string out;
  Writer(out).begin_object().member("a", std::optional<std::string>()).member("b", std::optional(1)).end_object();
  EXPECT_EQ(out, R"({"b":1})");
}

TEST(JsonWriter, escapes_quotes_backslashes_and_controls) {
  std::string out;
  append_quoted(out, "a\"b\\c\b\f\n\r\t\x01\x1F\0z"sv);
  EXPECT_EQ(out, R"("a\"b\\c\b\f\n\r\t\u0001\u001f\u0000z")");
}

// Texts are read eight characters at a time.
TEST(JsonWriter, escapes_wherever_a_character_stands) {
  for (int c = 0; c < 0x80; ++c)
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(c);
      std::string out;
      append_quoted(out, text);
      const bool is_plain = c >= 0x20 && c != '"' && c != '\\';
      EXPECT_EQ(out.size() == 22, is_plain) << c << " at " << at;
      EXPECT_EQ(*parse(out)->to_string(), text) << c << " at " << at;
    }
}

TEST(JsonWriter, keeps_utf8_and_replaces_what_is_none) {
  std::string out;
  append_quoted(out, "\xC3\xA9\xF0\x9F\x98\x80|\xFF|\xED\xA0\x80");
  EXPECT_EQ(out, "\"\xC3\xA9\xF0\x9F\x98\x80|\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWriter, a_real_stays_a_real) {
  std::string out;
  Writer(out).begin_array().value(3.0).value(0.1).value(1e300).end_array();
  const auto back = parse(out);
  ASSERT_TRUE(back) << out;
  for (const Value& element : *back->to_array()) EXPECT_EQ(element.type(), Type::real) << out;
}

TEST(JsonWriter, writes_lists_of_texts) {
  std::string out;
  Writer(out).begin_object().member("list", std::vector<std::string>{"a", "b"}).end_object();
  EXPECT_EQ(out, R"({"list":["a","b"]})");
}

}  // namespace
}  // namespace latchkey::protocol::json
