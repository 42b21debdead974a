#include "release/rollout/halt_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

namespace latchkey::release {
namespace {

constexpr std::uint64_t longest_run = 100'000;

// After how many devices a release that fails with probability `rate` is halted. Evidence only grows with a failure, so
// only then one has to look.
std::optional<std::uint64_t> halted_after(double rate, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::geometric_distribution<std::uint64_t> good_before_next_failure(rate);
  Outcomes seen;
  for (;;) {
    seen.devices += good_before_next_failure(random) + 1;
    if (seen.devices > longest_run) return std::nullopt;
    ++seen.failed;
    if (should_halt(seen, {})) return seen.devices;
  }
}

struct Runs {
  std::size_t halted = 0;
  std::uint64_t median = 0;
};
Runs run_400(double rate) {
  std::vector<std::uint64_t> counts;
  for (std::uint32_t seed = 0; seed < 400; ++seed)
    if (const auto count = halted_after(rate, seed)) counts.push_back(*count);
  if (counts.empty()) return {};
  std::ranges::nth_element(counts, counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2));
  return {counts.size(), counts[counts.size() / 2]};
}

TEST(HaltRule, never_halts_a_release_that_fails_as_often_as_tolerated) { EXPECT_EQ(run_400(.005).halted, 0U); }

TEST(HaltRule, halts_worse_releases_after_few_devices) {
  struct {
    double rate;
    std::uint64_t least, most;  // around the medians that were simulated with another program
  } const rows[] = {{.01, 3200, 4500}, {.02, 520, 760}, {.05, 85, 135}, {.3, 7, 12}};
  for (const auto& [rate, least, most] : rows) {
    const Runs runs = run_400(rate);
    EXPECT_EQ(runs.halted, 400U) << rate;
    EXPECT_GE(runs.median, least) << rate;
    EXPECT_LE(runs.median, most) << rate;
  }
}

TEST(HaltRule, evidence_is_the_mean_of_likelihood_ratios) {
  EXPECT_NEAR(log_evidence({}, {}), 0, 1e-12);
  const Outcomes seen{.devices = 10, .failed = 2};
  double mean = 0;
  for (const double worse : {.0075, .01, .02, .05, .2})
    mean += std::pow(worse / .005, 2) * std::pow((1 - worse) / .995, 8) / 5;
  EXPECT_NEAR(log_evidence(seen, {}), std::log(mean), 1e-9);
}

TEST(HaltRule, grows_with_failures_and_shrinks_with_good_devices) {
  for (std::uint64_t n = 5; n < 2000; n += 37) {
    EXPECT_GT(log_evidence({n + 1, 3}, {}), log_evidence({n + 1, 2}, {})) << n;
    EXPECT_LT(log_evidence({n + 5, 3}, {}), log_evidence({n + 4, 3}, {})) << n;
  }
}

TEST(HaltRule, stays_finite_for_fleets) {
  EXPECT_TRUE(should_halt({1'000'000'000, 500'000'000}, {}));
  EXPECT_FALSE(should_halt({1'000'000'000, 1'000'000}, {}));
  EXPECT_TRUE(std::isfinite(log_evidence({1'000'000'000, 1'000'000'000}, {})));
}

TEST(HaltRule, has_bounds) {
  EXPECT_TRUE(check_halt_rule({}));
  for (const double bad : {0., -1., .021, 1., std::nan("")}) EXPECT_FALSE(check_halt_rule({.tolerated = bad})) << bad;
  for (const double bad : {0., 1., std::nan("")}) EXPECT_FALSE(check_halt_rule({.false_alarm = bad})) << bad;
}

TEST(HaltRule, wilson_is_for_showing) {
  EXPECT_EQ(wilson_lower_bound({}), 0);
  EXPECT_NEAR(wilson_lower_bound({100, 10}), .05523, 1e-4);
}

}  // namespace
}  // namespace latchkey::release
