#include "protocol/form.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::form {
namespace {

using namespace std::string_view_literals;

TEST(Form, decodes_names_and_values) {
  const auto form = Form::parse("grant_type=authorization_code&a+b=c%20d%2Be%26&u=%C3%A9");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->find("grant_type"), "authorization_code");
  EXPECT_EQ(form->find("a b"), "c d+e&");
  EXPECT_EQ(form->find("u"), "\xC3\xA9");
  EXPECT_EQ(form->size(), 3U);
}

TEST(Form, takes_an_empty_one_and_empty_pairs) {
  EXPECT_EQ(Form::parse("")->size(), 0U);
  EXPECT_EQ(Form::parse("&a=1&&b=2&")->size(), 2U);
}

TEST(Form, a_parameter_without_a_value_is_absent) {
  const auto form = Form::parse("a=&b&c=1");
  EXPECT_FALSE(form->has("a"));
  EXPECT_FALSE(form->has("b"));
  EXPECT_EQ(form->get("a").error().code, Code::invalid_request);
  EXPECT_EQ(*form->get("c"), "1");
}

TEST(Form, refuses_a_parameter_given_twice) {
  EXPECT_FALSE(Form::parse("client_id=a&client_id=a"));
  EXPECT_FALSE(Form::parse("client_id=a&client%5Fid=b"));
  EXPECT_FALSE(Form::parse("a=&a=1"));
}

TEST(Form, refuses_bad_percent_codes) {
  for (const std::string_view text : {"a=%", "a=%1", "a=%G1", "a=%1G", "%=1", "a=%%20", "a=% 1"})
    EXPECT_FALSE(Form::parse(text)) << text;
}

TEST(Form, refuses_nul_and_what_is_not_utf8) {
  EXPECT_FALSE(Form::parse("a=%00"));
  EXPECT_FALSE(Form::parse("a=b\0c"sv));
  EXPECT_FALSE(Form::parse("a=%FF"));
  EXPECT_FALSE(Form::parse("a=\xC3"));
  EXPECT_FALSE(Form::parse("a=%C3&%A9=b"));
}

TEST(Form, bounds_size_and_number_of_parameters) {
  EXPECT_EQ(Form::parse(std::string(limits::form_bytes + 1, 'a')).error().code, Code::input_too_large);
  EXPECT_EQ(Form::parse("a=12345", 6).error().code, Code::input_too_large);
  std::string text;
  for (std::size_t i = 0; i < limits::form_fields; ++i) text += "p" + std::to_string(i) + "=1&";
  EXPECT_TRUE(Form::parse(text));
  EXPECT_EQ(Form::parse(text + "more=1").error().code, Code::input_too_large);
}

TEST(Form, writes_what_it_reads) {
  Writer writer;
  writer.add("a b", "c&d=e+f%").add_if_any("gone", std::optional<std::string>());
  writer.add_if_any("here", std::optional<std::string>("\xC3\xA9*-._~"));
  const WipedString text = writer.take();
  EXPECT_EQ(text, "a+b=c%26d%3De%2Bf%25&here=%C3%A9*-._%7E");
  const auto back = Form::parse(text);
  EXPECT_EQ(back->find("a b"), "c&d=e+f%");
  EXPECT_EQ(back->find("here"), "\xC3\xA9*-._~");
}

TEST(Form, outlives_the_text_it_came_from) {
  auto text = std::make_unique<std::string>("a=1234567890123456789012345&b=2");
  const auto form = Form::parse(*text);
  text.reset();
  EXPECT_EQ(form->find("a"), "1234567890123456789012345");
}

}  // namespace
}  // namespace latchkey::protocol::form
