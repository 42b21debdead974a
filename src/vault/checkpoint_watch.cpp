#include "vault/checkpoint_watch.h"

#include <algorithm>

#include "crypto/random.h"

namespace latchkey::vault {
namespace {

double draw_unit() { return static_cast<double>(crypto::random_array<1>()[0]) / 255.0; }

}  // namespace

std::chrono::milliseconds retry_delay(const CheckpointPace& pace, std::uint32_t failures, double unit) {
  auto delay = pace.first_retry;
  for (std::uint32_t i = 1; i < failures && delay < pace.longest_retry; ++i) delay *= 2;
  const auto half = std::min(delay, pace.longest_retry) / 2;
  return half + std::chrono::milliseconds(static_cast<std::int64_t>(unit * static_cast<double>(half.count())));
}

void CheckpointWatch::note_failure(const Error& error, const CheckpointPace& pace, Instant now) {
  problem = error;
  tried_at = now;
  retry_after = retry_delay(pace, ++failures, draw_unit());
}

void CheckpointWatch::note_success() {
  problem.reset();
  failures = 0;
}

std::optional<std::chrono::milliseconds> time_until_step(const CheckpointWatch& watch, std::uint64_t uncovered,
                                                         const CheckpointPace& pace, Instant now) {
  constexpr std::chrono::milliseconds at_once{0};
  const bool is_open = !watch.is_verified || !watch.is_told || uncovered != 0;
  if (!is_open) return std::nullopt;
  if (!watch.tried_at || now < *watch.tried_at) return at_once;  // the clock was set back: do not wait for it
  const bool is_much = uncovered >= pace.most_writes && watch.failures == 0;
  if (is_much) return at_once;
  const auto wait = watch.failures != 0 ? watch.retry_after : pace.interval;
  return std::max(at_once, *watch.tried_at + wait - now);
}

}  // namespace latchkey::vault
