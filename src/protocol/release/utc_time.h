// Times in release files: `YYYY-MM-DDTHH:MM:SSZ`, whole seconds, the one form all TUF clients take (fractions and
// offsets are refused). Years 1970 to 9999.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace latchkey::protocol::release {

// Fails: invalid_format (also days and seconds no calendar has, leap seconds among them).
Result<Instant> parse_utc_time(std::string_view text);

// `at` lies in the years above; a fraction of a second is cut off.
std::string print_utc_time(Instant at);

}  // namespace latchkey::protocol::release
