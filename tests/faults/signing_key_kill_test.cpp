// kill -9 between the calls by which a key in a TPM that signs challenges is made, used, invalidated, replaced and
// removed: the real swtpm, at calls to it and to the file. Keys in software: operations.h.
#include <gtest/gtest.h>

#include "tests/faults/interruptions.h"
#include "tests/faults/key_homes.h"

namespace latchkey::faults {
namespace {

constexpr std::uint64_t most_calls = 8;  // of one operation; a TPM takes its time

const std::vector<Operation>& operations_of_keys() {
  static const std::vector<Operation> all = list_operations_of_signing_keys();
  return all;
}
std::vector<Case> cases_of_keys() {
  std::vector<Case> cases;
  for (const Operation& operation : operations_of_keys()) cases.push_back({&operation, Beginning::closed});
  return cases;
}

class SigningKeyInTpm : public Interruption {
 protected:
  void SetUp() override {
    if (const std::string reason = home->why_not(); !reason.empty()) GTEST_SKIP() << reason;
    world.use_key_place([this] { return home->make_key_place(world.clock()); });
    Interruption::SetUp();
    whole = run_with_keys({});
  }
  Told run_with_keys(Plan plan) {
    plan.has_keys = true;
    const Told told = run(plan);
    home->settle();
    return told;
  }

  std::unique_ptr<KeyHome> home = make_tpm_home();
};
INSTANTIATE_TEST_SUITE_P(Every, SigningKeyInTpm, ::testing::ValuesIn(cases_of_keys()), name_of_case);

TEST_P(SigningKeyInTpm, is_there_or_is_not_whenever_its_process_is_killed) {
  const auto tried = positions(whole.calls, most_calls);
  for (const std::uint64_t at : tried) {
    const Told told = run_with_keys({.fault = Fault::kill_after, .at = at});
    judge(told.is_acknowledged, "call " + std::to_string(at));
    if (HasFatalFailure()) return;
  }
  print_runs("kills", tried.size(), whole.calls);
}

}  // namespace
}  // namespace latchkey::faults
