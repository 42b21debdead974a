#include "http/client/field_syntax.h"

#include <gtest/gtest.h>

namespace latchkey::http {
namespace {

TEST(ResponseFields, come_without_the_space_around_their_values) {
  const auto field = parse_field("Retry-After: \t5 \r\n");
  ASSERT_TRUE(field);
  EXPECT_EQ(field->name, "Retry-After");
  EXPECT_EQ(field->value, "5");
  EXPECT_EQ(parse_field("Empty:")->value, "");
}

TEST(ResponseFields, what_two_readers_may_take_for_different_fields_is_refused) {
  for (const std::string_view line : {"", "\r\n", "no colon", ": x", "Name : x", " Folded: x", "\tX: y", "A: b\rC: d",
                                      "A: b\n\n", "A: \x7f", "A(b): c"})
    EXPECT_EQ(parse_field(line).error().code, Code::protocol_violation) << line;
  EXPECT_FALSE(parse_field(std::string_view("A: b\0c", 6)));
}

}  // namespace
}  // namespace latchkey::http
