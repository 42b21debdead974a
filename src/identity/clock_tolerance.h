// When a lower time means that the clock stepped back. Requests are timed when they come, then wait for the database,
// for a hash, for each other: the one counted last need not be the newest.
#pragma once

#include <chrono>

namespace latchkey::identity {

// More than requests wait, less than is a nuisance to whoever waits it out after a small step.
inline constexpr std::chrono::milliseconds clock_tolerance = std::chrono::minutes(1);

}  // namespace latchkey::identity
