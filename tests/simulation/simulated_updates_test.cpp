// Updates of devices with the real engine, over a network, disks, clocks and processes that fail (tests/support/update/
// simulation): after each the weather clears, and within a few starts the newest release that works runs. As many as
// the suites have time for; LATCHKEY_SIMULATED_UPDATES=10000 for the published figure, LATCHKEY_SIMULATION_SEED=n for
// the life of one device.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/update/simulation/simulated_device.h"

namespace latchkey::simulation {
namespace {

using update::testing::History;
using update::testing::SimulatedDevice;
using update::testing::SimulationTotals;

constexpr int rounds = 25;
constexpr unsigned updates_of_a_device = 18;  // the other releases do not work
constexpr unsigned usual_updates = 1'000;
constexpr unsigned batches = 2;        // processes
constexpr double must_arrive = 0.999;  // of the updates

std::optional<unsigned> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? std::nullopt : std::optional(static_cast<unsigned>(std::strtoul(text, nullptr, 10)));
}

class SimulatedUpdates : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Batch, SimulatedUpdates, ::testing::Range(0U, batches));

TEST_P(SimulatedUpdates, arrive_when_the_weather_clears_and_nothing_else_ever_runs) {
  const unsigned updates = number_in("LATCHKEY_SIMULATED_UPDATES").value_or(usual_updates);
  const auto only = number_in("LATCHKEY_SIMULATION_SEED");
  if (only && GetParam() > 0) return;
  const unsigned devices = only ? 1 : updates / batches / updates_of_a_device + 1;
  const unsigned first = only.value_or(GetParam() * devices);
  const History history(rounds);
  SimulationTotals totals;
  for (unsigned seed = first; seed < first + devices; ++seed) {
    SimulatedDevice device(history, seed);
    for (const auto& round : history.rounds()) device.live_through(round);
    for (const std::string& fault : device.faults()) std::printf("%s\n", fault.c_str());
    totals.add(device.totals());
  }
  EXPECT_EQ(totals.unbootable, 0U);
  EXPECT_EQ(totals.unsigned_trees, 0U);
  EXPECT_EQ(totals.below_floor, 0U);
  EXPECT_EQ(totals.endless, 0U);
  EXPECT_EQ(totals.survived, totals.broken_releases);
  EXPECT_GE(static_cast<double>(totals.updated), must_arrive * static_cast<double>(totals.updates));
  std::printf(
      "simulated updates: %zu, %zu in the faults, %zu in the end; broken releases %zu, survived %zu, on the very "
      "bundle of before %zu; sessions %zu, "
      "requests %zu, spoilt answers %zu, most asked for one update %zu, sessions with disk errors %zu, kills %zu, "
      "power cuts %zu, clock steps %zu; unbootable %zu, unsigned %zu, below the floor %zu\n",
      totals.updates, totals.in_faults, totals.updated, totals.broken_releases, totals.survived, totals.kept,
      totals.sessions, totals.requests, totals.spoilt_answers, totals.most_requests, totals.disk_errors, totals.kills,
      totals.power_cuts, totals.clock_steps, totals.unbootable, totals.unsigned_trees, totals.below_floor);
}

}  // namespace
}  // namespace latchkey::simulation
