#include "update/clock_hint.h"

#include <gtest/gtest.h>

namespace latchkey::update {
namespace {

using namespace std::chrono_literals;

std::optional<Instant> host_time(const std::string& date, const std::string& age = {}) {
  http::Headers headers;
  headers.set("Date", date);
  if (!age.empty()) headers.set("Age", age);
  return find_host_time(headers);
}

TEST(ClockHint, reads_the_date_of_an_answer_and_how_long_a_cache_had_it) {
  EXPECT_EQ(host_time("Sun, 06 Nov 1994 08:49:37 GMT"), from_unix_seconds(784'111'777));
  EXPECT_EQ(host_time("Thu, 01 Jan 1970 00:00:00 GMT"), from_unix_seconds(0));
  EXPECT_EQ(host_time("Thu, 29 Feb 2024 23:59:59 GMT"), from_unix_seconds(1'709'251'199));
  EXPECT_EQ(host_time("Sun, 06 Nov 1994 08:49:37 GMT", "3600"), from_unix_seconds(784'115'377));
  EXPECT_EQ(host_time("Sun, 06 Nov 1994 08:49:37 GMT", "-1"), from_unix_seconds(784'111'777));
}

TEST(ClockHint, other_forms_say_nothing) {
  for (const char* text :
       {"", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 31 Feb 2024 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(host_time(text)) << text;
  http::Headers twice;
  EXPECT_FALSE(find_host_time(twice));
  twice.add("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
  twice.add("Date", "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_FALSE(find_host_time(twice));
}

TEST(ClockHint, suspects_a_clock_beyond_the_tolerance_unless_the_host_is_surely_wrong) {
  const Instant host = from_unix_seconds(1'800'000'000);
  EXPECT_FALSE(suspect_clock(host + 10min, host, {}));
  EXPECT_FALSE(suspect_clock(host - 10min, host, {}));
  EXPECT_EQ(suspect_clock(host + 11min, host, {}), 11min);
  EXPECT_EQ(suspect_clock(host - 24h, host, {}), -24h);
  EXPECT_FALSE(suspect_clock(host + 24h, host, host + 1s));
}

}  // namespace
}  // namespace latchkey::update
