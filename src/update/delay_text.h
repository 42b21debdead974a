// Conditions of an update as people write them: "kill", "background:5m", "date:2026-12-01T08:00:00Z", "native:2.3".
#pragma once

#include <string>
#include <string_view>

#include "update/state.h"

namespace latchkey::update {

// A duration is a number with s, m, h or d behind it, or of seconds. Fails: invalid_argument.
Result<DelayCondition> parse_condition(std::string_view text);
// What parse_condition() reads.
std::string print(const DelayCondition& condition);

}  // namespace latchkey::update
