#include "vault/typed_value.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

Result<Instant> parse_date(std::string_view text) { return parse_date_value(as_bytes(text)); }
std::string print_date(std::int64_t millis) {
  return std::string(make_date_value(from_unix_millis(millis)).value().reveal_text());
}

TEST(DateValues, have_the_form_of_javascript) {
  EXPECT_EQ(print_date(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(print_date(1'709'251'199'999), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(print_date(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(print_date(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
  for (const std::int64_t millis : {0L, -1L, 1'709'251'199'999L, 253'402'300'799'999L, -62'167'219'200'000L})
    EXPECT_EQ(parse_date(print_date(millis)), from_unix_millis(millis)) << print_date(millis);
}

TEST(DateValues, beyond_four_digits_of_years_there_are_none) {
  EXPECT_EQ(make_date_value(from_unix_millis(253'402'300'800'000)).error().code, Code::invalid_argument);
  EXPECT_EQ(make_date_value(from_unix_millis(-62'167'219'200'001)).error().code, Code::invalid_argument);
}

TEST(DateValues, other_forms_are_refused) {
  for (const char* text :
       {"", "2024-02-29", "2024-02-29T23:59:59Z", "2023-02-29T00:00:00.000Z", "2024-02-29T24:00:00.000Z",
        "2024-02-29T23:59:60.000Z", "2024-02-29t23:59:59.000Z", "2024-02-29T23:59:59.000z", "-024-02-29T23:59:59.000Z",
        "2024-+2-29T23:59:59.000Z", "2024-00-29T23:59:59.000Z", "2024-02-29T23:59:59.000Z "})
    EXPECT_EQ(parse_date(text).error().code, Code::invalid_format) << text;
}

TEST(TypedValues, are_what_their_kind_says) {
  const auto holds = [](RecordKind kind, std::string_view value) {
    return check_value(kind, as_bytes(value)).has_value();
  };
  EXPECT_TRUE(holds(RecordKind::bytes, "\xff"));
  EXPECT_TRUE(holds(RecordKind::text, "h\u00e9"));
  EXPECT_FALSE(holds(RecordKind::text, "\xff"));
  EXPECT_FALSE(holds(RecordKind::text, std::string_view("a\0b", 3)));
  EXPECT_TRUE(holds(RecordKind::json, "{\"a\": [1, null]}"));
  EXPECT_TRUE(holds(RecordKind::json, "1"));
  EXPECT_FALSE(holds(RecordKind::json, "{'a':1}"));
  EXPECT_TRUE(holds(RecordKind::date, "2024-02-29T23:59:59.000Z"));
  EXPECT_FALSE(holds(RecordKind::date, "yesterday"));
}

TEST(TypedValues, another_kind_is_not_read) {
  const auto medium = make_memory_medium();
  const testing::Device device;
  const auto vault = testing::make_vault(device, medium, testing::with_slots({SlotKind::in_memory}));
  const auto json = RecordValue::copy_of(std::string_view("[1]"));
  ASSERT_TRUE(set_typed(*vault, "list", json, {.kind = RecordKind::json}));
  EXPECT_EQ(get_typed(*vault, "list", RecordKind::json)->reveal_text(), "[1]");
  EXPECT_EQ(get_typed(*vault, "list", RecordKind::text).error().code, Code::invalid_format);
  EXPECT_EQ(get_typed(*vault, "none", RecordKind::text).error().code, Code::not_found);
  const auto broken = RecordValue::copy_of(std::string_view("["));
  EXPECT_EQ(set_typed(*vault, "list", broken, {.kind = RecordKind::json}).error().code, Code::invalid_format);
  ASSERT_TRUE(vault->set("date", broken, RecordKind::date));
  EXPECT_EQ(get_typed(*vault, "date", RecordKind::date).error().code, Code::invalid_format);
}

}  // namespace
}  // namespace latchkey::vault
