// How `latchkey update` tells people what devices do.
#pragma once

#include <string>

#include "update/engine.h"

namespace latchkey::app {

// "2.0.0 (17)"
std::string describe(const update::BundleRecord& bundle);
// Why a check came to nothing, or what it found: a sentence.
std::string describe(const update::CheckOutcome& outcome);
std::string describe_clock(std::chrono::seconds ahead);
std::string describe(const update::Happening& happening);
// Lines, each behind its word.
std::string describe(const update::State& state);

}  // namespace latchkey::app
