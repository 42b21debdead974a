#include "update/delay_text.h"

#include <gtest/gtest.h>

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;

TEST(DelayText, each_condition_is_printed_as_it_is_written) {
  for (const char* const text : {"kill", "background:0s", "background:45s", "background:5m", "background:36h",
                                 "background:2d", "date:2026-12-01T08:00:00Z", "native:2.3.0"}) {
    const auto condition = parse_condition(text);
    ASSERT_TRUE(condition) << text;
    EXPECT_EQ(print(*condition), text);
  }
}

TEST(DelayText, durations_have_units_and_versions_may_be_short) {
  EXPECT_EQ(parse_condition("background:90")->duration, 90s);
  EXPECT_EQ(parse_condition("background:2m")->duration, 2min);
  EXPECT_EQ(parse_condition("native:2.3")->native, parse_condition("native:2.3.0")->native);
}

TEST(DelayText, anything_else_is_refused) {
  for (const char* const text :
       {"", "kill:", "kill:1", "Kill", "background", "background:", "background:m", "background:-5m", "background:5 m",
        "background:1w", "background:99999999999999999999", "background:13000000d", "date:", "date:tomorrow",
        "date:2026-12-01", "native:", "native:two", "native:1-beta", "other:1"})
    EXPECT_EQ(parse_condition(text).error().code, Code::invalid_argument) << text;
}

}  // namespace
}  // namespace latchkey::update
