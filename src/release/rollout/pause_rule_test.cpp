#include "release/rollout/pause_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

namespace latchkey::release {
namespace {

constexpr std::uint64_t longest_run = 100'000;

// After how many devices a release that fails with probability `rate` is paused. Evidence only grows with a failure, so
// only then one has to look.
std::optional<std::uint64_t> paused_after(double rate, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::geometric_distribution<std::uint64_t> good_before_next_failure(rate);
  Evidence seen;
  for (;;) {
    seen.outcomes.devices += good_before_next_failure(random) + 1;
    if (seen.outcomes.devices > longest_run) return std::nullopt;
    ++seen.outcomes.failed;
    ++seen.networks;
    if (should_pause(seen, {})) return seen.outcomes.devices;
  }
}

// The same of a healthy fleet, when whoever has `networks` networks says failure as often as is counted.
bool is_voted_down(double rate, std::uint64_t networks, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::geometric_distribution<std::uint64_t> good_before_next_failure(rate);
  Evidence seen;
  std::uint64_t honest = 0;
  std::uint64_t made_up = 0;
  while (seen.outcomes.devices <= longest_run) {
    for (; made_up < networks * failures_of_network(seen.outcomes.devices); ++made_up) {
      seen = {{seen.outcomes.devices + 1, seen.outcomes.failed + 1}, honest + std::min(made_up + 1, networks)};
      if (should_pause(seen, {})) return true;
    }
    const std::uint64_t more = std::min<std::uint64_t>(good_before_next_failure(random), 1000);
    const std::uint64_t failed = more < 1000 ? 1 : 0;
    honest += failed;
    seen = {{seen.outcomes.devices + more + failed, seen.outcomes.failed + failed},
            honest + std::min(made_up, networks)};
    if (should_pause(seen, {})) return true;
  }
  return false;
}

struct Runs {
  std::size_t paused = 0;
  std::uint64_t median = 0;
};
Runs run_400(double rate) {
  std::vector<std::uint64_t> counts;
  for (std::uint32_t seed = 0; seed < 400; ++seed)
    if (const auto count = paused_after(rate, seed)) counts.push_back(*count);
  if (counts.empty()) return {};
  std::ranges::nth_element(counts, counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2));
  return {counts.size(), counts[counts.size() / 2]};
}

TEST(PauseRule, never_pauses_a_release_that_fails_as_often_as_tolerated) { EXPECT_EQ(run_400(.005).paused, 0U); }

TEST(PauseRule, pauses_worse_releases_after_few_devices) {
  struct {
    double rate;
    std::uint64_t least, most;  // around the medians that were simulated with another program
  } const rows[] = {{.01, 3200, 4500}, {.02, 520, 760}, {.05, 85, 135}, {.3, 12, 22}};
  for (const auto& [rate, least, most] : rows) {
    const Runs runs = run_400(rate);
    EXPECT_EQ(runs.paused, 400U) << rate;
    EXPECT_GE(runs.median, least) << rate;
    EXPECT_LE(runs.median, most) << rate;
  }
}

TEST(PauseRule, evidence_is_the_mean_of_likelihood_ratios) {
  EXPECT_NEAR(log_evidence({}, {}), 0, 1e-12);
  const Outcomes seen{.devices = 10, .failed = 2};
  double mean = 0;
  for (const double worse : {.0075, .01, .02, .05, .2})
    mean += std::pow(worse / .005, 2) * std::pow((1 - worse) / .995, 8) / 5;
  EXPECT_NEAR(log_evidence(seen, {}), std::log(mean), 1e-9);
}

TEST(PauseRule, grows_with_failures_and_shrinks_with_good_devices) {
  for (std::uint64_t n = 5; n < 2000; n += 37) {
    EXPECT_GT(log_evidence({n + 1, 3}, {}), log_evidence({n + 1, 2}, {})) << n;
    EXPECT_LT(log_evidence({n + 5, 3}, {}), log_evidence({n + 4, 3}, {})) << n;
  }
}

TEST(PauseRule, stays_finite_for_fleets) {
  EXPECT_TRUE(should_pause({{1'000'000'000, 500'000'000}, 1000}, {}));
  EXPECT_FALSE(should_pause({{1'000'000'000, 1'000'000}, 1000}, {}));
  EXPECT_TRUE(std::isfinite(log_evidence({1'000'000'000, 1'000'000'000}, {})));
}

TEST(PauseRule, wants_to_hear_it_from_several_networks) {
  for (std::uint64_t networks = 0; networks < 5; ++networks)
    EXPECT_FALSE(should_pause({{1'000'000, 1'000'000}, networks}, {})) << networks;
  EXPECT_TRUE(should_pause({{5, 5}, 5}, {}));
}

TEST(PauseRule, a_network_counts_with_a_tenth_of_what_is_tolerated) {
  EXPECT_EQ(failures_of_network(0), 1U);
  EXPECT_EQ(failures_of_network(1999), 1U);
  EXPECT_EQ(failures_of_network(2000), 2U);
  EXPECT_EQ(failures_of_network(1'000'000), 501U);
}

TEST(PauseRule, a_network_that_was_overruled_has_said_what_it_has_to_say) {
  NetworkFailures network;
  EXPECT_EQ(count_failure(network, 100), (Evidence{{1, 1}, 1}));
  EXPECT_EQ(count_failure(network, 100), Evidence{}) << "one of its failures counts";
  network.overruled = network.counted;
  EXPECT_EQ(count_failure(network, 1999), Evidence{}) << "resumed or not";
  EXPECT_EQ(count_failure(network, 4000), (Evidence{{1, 1}, 1})) << "a larger fleet has more of them";
  EXPECT_EQ(count_failure(network, 4000), (Evidence{{1, 1}, 0}));
  EXPECT_EQ(count_failure(network, 4000), Evidence{});
  EXPECT_EQ(network, (NetworkFailures{3, 1}));
}

TEST(PauseRule, one_network_cannot_vote_down_what_fails_as_often_as_tolerated) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) EXPECT_FALSE(is_voted_down(.005, 1, seed)) << seed;
}

TEST(PauseRule, nor_can_three_what_fails_less) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) EXPECT_FALSE(is_voted_down(.001, 3, seed)) << seed;
}

TEST(PauseRule, has_bounds) {
  EXPECT_TRUE(check_pause_rule({}));
  for (const double bad : {0., -1., .021, 1., std::nan("")}) EXPECT_FALSE(check_pause_rule({.tolerated = bad})) << bad;
  for (const double bad : {0., 1., std::nan("")}) EXPECT_FALSE(check_pause_rule({.false_alarm = bad})) << bad;
}

TEST(PauseRule, wilson_is_for_showing) {
  EXPECT_EQ(wilson_lower_bound({}), 0);
  EXPECT_NEAR(wilson_lower_bound({100, 10}), .05523, 1e-4);
}

}  // namespace
}  // namespace latchkey::release
