// EIO, ENOSPC and short writes at the calls of each operation in operations.cpp (all of a short one, evenly spread ones
// of a long one), once or from then on: it fails in our words or is
// done, nothing acknowledged is lost, and the same vault goes on when the disk does.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/faults/interruptions.h"

namespace latchkey::faults {
namespace {

bool is_typed(std::int32_t code) {
  switch (static_cast<Code>(code)) {
    case Code::storage_failed:
    case Code::storage_full:
    case Code::temporarily_unavailable:
    case Code::network_unreachable:
      return true;
    default:
      return false;
  }
}

class DiskFailure : public Interruption {
 protected:
  // The same vault afterwards: does what was there, and writes.
  static Status go_on(vault::Vault& vault) {
    TRY(const auto records, vault.list());
    if (!records.empty()) TRY_DO(vault.get(records.front().name));
    TRY_DO(vault.set("passing", vault::testing::value_of("x")));
    return vault.remove("passing");
  }

  Told fail_at(const Plan& plan) {
    world.put_files(files);
    return run_forked([&](Told& told) {
      perform_and_go_on(world, operation(), plan, told, [](vault::Vault& vault) { return go_on(vault); });
    });
  }
  std::vector<Plan> failures_at(std::uint64_t at) const {
    const int lasting = at % 2 == 0 ? EIO : ENOSPC;
    std::vector<Plan> plans{{.fault = Fault::fail, .at = at, .error = EIO},
                            {.fault = Fault::fail, .at = at, .error = ENOSPC},
                            {.fault = Fault::fail, .at = at, .error = lasting, .is_lasting = true}};
    // Of the others nothing can be cut short.
    if (is_write(at) || kind_of(at) == CallKind::outside) plans.push_back({.fault = Fault::shorten, .at = at});
    return plans;
  }
  void check(const Plan& plan, const std::string& where) {
    const Told told = fail_at(plan);
    ASSERT_TRUE(told.is_begun) << where;
    ASSERT_TRUE(told.is_acknowledged || is_typed(told.code)) << where << ": " << name_of(static_cast<Code>(told.code));
    const bool is_gone = operation().name == "destroy";
    ASSERT_TRUE(told.later_code == 0 || is_gone) << where << ": " << name_of(static_cast<Code>(told.later_code));
    judge(told.is_acknowledged, where);
  }
};
INSTANTIATE_TEST_SUITE_P(Every, DiskFailure, ::testing::ValuesIn(all_cases()), name_of_case);

TEST_P(DiskFailure, is_told_and_loses_nothing) {
  const auto tried = calls_to_interrupt();
  for (const std::uint64_t at : tried)
    for (const Plan& plan : failures_at(at)) {
      check(plan,
            "call " + std::to_string(at) + ", " + std::to_string(plan.error) + (plan.is_lasting ? " for good" : ""));
      if (HasFatalFailure()) return;
    }
  print_runs("failures", tried.size(), whole.calls);
}

}  // namespace
}  // namespace latchkey::faults
