#include "protocol/release/utc_time.h"

#include <gtest/gtest.h>

namespace latchkey::protocol::release {
namespace {

TEST(UtcTime, reads_and_prints_known_instants) {
  const std::pair<const char*, std::int64_t> known[] = {{"1970-01-01T00:00:00Z", 0},
                                                        {"2000-02-29T23:59:59Z", 951868799},
                                                        {"2026-11-21T04:48:10Z", 1795236490},
                                                        {"9999-12-31T23:59:59Z", 253402300799}};
  for (const auto& [text, seconds] : known) {
    EXPECT_EQ(parse_utc_time(text), Result<Instant>(from_unix_seconds(seconds))) << text;
    EXPECT_EQ(print_utc_time(from_unix_seconds(seconds)), text);
  }
}

TEST(UtcTime, cuts_fractions_off) { EXPECT_EQ(print_utc_time(from_unix_millis(1999)), "1970-01-01T00:00:01Z"); }

TEST(UtcTime, refuses_other_forms_and_impossible_times) {
  for (const auto* const text :
       {"", "2026-11-21T04:48:10", "2026-11-21T04:48:10.000Z", "2026-11-21T04:48:10+00:00", "2026-11-21 04:48:10Z",
        "2026-11-21t04:48:10z", "2026-1-21T04:48:10Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "+026-01-01T00:00:00Z",
        "2026-01-01T00:00:00ZZ"})
    EXPECT_FALSE(parse_utc_time(text)) << text;
}

}  // namespace
}  // namespace latchkey::protocol::release
