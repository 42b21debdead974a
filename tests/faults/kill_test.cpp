// kill -9 before, in the middle of and after the calls that change a file, of each operation in operations.cpp: all
// calls of a short one, evenly spread ones of a long one; and then once more while the next process recovers.
#include <gtest/gtest.h>

#include "tests/faults/interruptions.h"

namespace latchkey::faults {
namespace {

constexpr std::uint64_t most_double_calls = 24;    // first kills that are followed by a second,
constexpr std::uint64_t most_of_a_long_one = 8;    // in an operation with more than `most_calls`, which are much alike
constexpr std::uint64_t most_recovery_calls = 12;  // second kills for each; others with another seed

std::string where_of(std::uint64_t at, Fault fault) {
  return "call " + std::to_string(at) + ", kind " + std::to_string(static_cast<int>(fault));
}

class Kill : public Interruption {
 protected:
  // Only writes have a middle, and after one call is before the next.
  std::vector<Fault> kills_that_differ(std::uint64_t at, const std::vector<std::uint64_t>& tried) const {
    std::vector<Fault> kills{Fault::kill_before};
    if (is_write(at)) kills.push_back(Fault::kill_half);
    if (!std::ranges::binary_search(tried, at + 1)) kills.push_back(Fault::kill_after);
    return kills;
  }
};
INSTANTIATE_TEST_SUITE_P(Every, Kill, ::testing::ValuesIn(all_cases()), name_of_case);

TEST_P(Kill, loses_nothing_acknowledged_and_leaves_nothing_by_halves) {
  const auto tried = calls_to_interrupt();
  for (const std::uint64_t at : tried)
    for (const Fault fault : kills_that_differ(at, tried)) {
      const Told told = run({.fault = fault, .at = at});
      judge(told.is_acknowledged, where_of(at, fault));
      if (HasFatalFailure()) return;
    }
  print_runs("kills", tried.size(), whole.calls);
}

class DoubleKill : public Kill {
  bool is_allowed(const std::string& found, bool is_acknowledged) const override {
    return is_allowed_apart_from_attempts(found, is_acknowledged);
  }
};
INSTANTIATE_TEST_SUITE_P(Every, DoubleKill, ::testing::ValuesIn(all_cases()), name_of_case);

TEST_P(DoubleKill, while_recovering_loses_nothing_either) {
  const bool is_long = whole.calls > most_calls;
  const auto sampled = is_long ? Sampled::always : Sampled::unless_all;
  const auto tried = positions(whole.calls, is_long ? most_of_a_long_one : most_double_calls, sampled);
  for (const std::uint64_t at : tried) {
    const Told told = run({.fault = Fault::kill_half, .at = at});
    const Files left = world.take_files();
    const auto recover = [&](const Plan& plan) {
      world.put_files(left);
      return run_forked([&](Told& again) {
        arm(world.folder(), plan);
        world.describe();
        again.calls = counted_calls();
      });
    };
    for (const std::uint64_t next :
         positions(recover({}).calls, is_long ? most_of_a_long_one : most_recovery_calls, sampled)) {
      recover({.fault = Fault::kill_half, .at = next});
      judge(told.is_acknowledged, where_of(at, Fault::kill_half) + ", then " + where_of(next, Fault::kill_half));
      if (HasFatalFailure()) return;
    }
  }
  print_runs("kills", tried.size(), whole.calls);
}

}  // namespace
}  // namespace latchkey::faults
