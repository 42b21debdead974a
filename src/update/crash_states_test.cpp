// A whole update - staging, switching, confirming, collecting - cut off at every call, with every state the disk may
// then be in (research: 0 unbootable is the claim).
#include <gtest/gtest.h>

#include "tests/support/update/crash_states.h"
#include "tests/support/update/test_bundles.h"

namespace latchkey::update {
namespace {

using testing::for_every_crash_state;
using testing::Names;
using testing::open_installation;
using testing::put_bundle;
using testing::record_of;
using testing::running_version;
using testing::tree_of;
using testing::version;

// One run of an app: starts, says ready, stages version `next`.
void run_app(Vfs& vfs, const Clock& clock, int next) {
  const auto installation = open_installation(vfs, clock);
  if (!installation) return;
  installation->start(ApplyMode::next_restart);
  const LoadToken token = installation->begin_load({});
  (void)installation->ready(token);
  installation->poll(MonotonicTime{} + std::chrono::seconds(40));
  installation->poll(MonotonicTime{} + std::chrono::seconds(80));
  if (next == 0) return;
  const Tree* base = installation->running()->record ? &installation->running()->tree : nullptr;
  if (put_bundle(installation->store(), version(next), base))
    (void)installation->stage(record_of(next), {}, ApplyMode::next_restart);
}

struct Verdict {
  int runs = 0;
  bool is_sound = false;
};
Verdict boot(const Image& image, const Clock& clock) {
  MemoryVfs vfs(image);
  const auto installation = open_installation(vfs, clock);
  if (!installation) return {};
  installation->start(ApplyMode::next_restart);
  Verdict verdict{running_version(*installation), true};
  if (verdict.runs == 0) return verdict;
  verdict.is_sound = installation->running()->tree.root() == tree_of(version(verdict.runs)).root() &&
                     installation->store().check_contents(installation->running()->tree.root()).has_value();
  return verdict;
}

class CrashStates : public ::testing::TestWithParam<Names> {
 protected:
  ManualClock clock;
  // Version 1 runs and is confirmed.
  Image installed() {
    MemoryVfs vfs;
    run_app(vfs, clock, 1);
    run_app(vfs, clock, 0);
    return vfs.image();
  }
};
INSTANTIATE_TEST_SUITE_P(Of, CrashStates, ::testing::Values(Names::in_order, Names::any_subset),
                         [](const auto& info) { return info.param == Names::in_order ? "ordered" : "any_subset"; });

TEST_P(CrashStates, of_a_whole_update_all_boot_a_whole_bundle_and_never_the_built_in_one_needlessly) {
  const Image before = installed();
  MemoryVfs vfs(before);
  run_app(vfs, clock, 2);  // stages 2
  const std::size_t staged = vfs.journal().size();
  run_app(vfs, clock, 3);  // runs 2, confirms it, collects, stages 3
  run_app(vfs, clock, 0);  // runs 3
  std::size_t unbootable = 0, needless = 0;
  const std::size_t states =
      for_every_crash_state(before, vfs.journal(), GetParam(), [&](const Image& image, std::size_t done) {
        const Verdict verdict = boot(image, clock);
        if (!verdict.is_sound) ++unbootable;
        if (verdict.runs == 0) ++needless;
        EXPECT_TRUE(done > staged || verdict.runs <= 2);
        if (done == staged) EXPECT_EQ(verdict.runs, 2);  // acknowledged, hence durable
      });
  EXPECT_EQ(unbootable, 0U);
  EXPECT_EQ(needless, 0U);
  std::printf("crash states: %zu, unbootable %zu, needlessly built in %zu\n", states, unbootable, needless);
}

TEST_P(CrashStates, of_a_first_installation_boot_the_built_in_bundle_or_the_first) {
  MemoryVfs vfs;
  run_app(vfs, clock, 1);
  run_app(vfs, clock, 0);
  std::size_t unbootable = 0;
  const std::size_t states = for_every_crash_state({}, vfs.journal(), GetParam(), [&](const Image& image, std::size_t) {
    if (!boot(image, clock).is_sound) ++unbootable;
  });
  EXPECT_EQ(unbootable, 0U);
  std::printf("crash states: %zu, unbootable %zu\n", states, unbootable);
}

TEST_P(CrashStates, of_giving_up_a_bad_bundle_boot_the_one_before) {
  const Image before = installed();
  MemoryVfs vfs(before);
  run_app(vfs, clock, 2);
  for (int start = 0; start < 3; ++start) {  // never ready
    const auto installation = open_installation(vfs, clock);
    installation->start(ApplyMode::next_restart);
    installation->begin_load({});
  }
  std::size_t unbootable = 0, needless = 0;
  for_every_crash_state(before, vfs.journal(), GetParam(), [&](const Image& image, std::size_t) {
    const Verdict verdict = boot(image, clock);
    if (!verdict.is_sound) ++unbootable;
    if (verdict.runs == 0) ++needless;
  });
  EXPECT_EQ(unbootable, 0U);
  EXPECT_EQ(needless, 0U);
  EXPECT_EQ(boot(vfs.image(), clock).runs, 1);
}

TEST(Refusals, of_every_single_call_leave_a_bootable_device_and_a_retry_succeeds) {
  ManualClock clock;
  MemoryVfs clean;
  run_app(clean, clock, 1);
  run_app(clean, clock, 0);
  const Image before = clean.image();
  std::size_t runs = 0;
  for (const double share : {0.0, 0.5})
    for (const Code code : {Code::storage_full, Code::storage_failed})
      for (std::size_t at = 0;; ++at) {
        MemoryVfs vfs(before);
        std::size_t calls = 0;
        vfs.refuse([&](Deed, const std::string&) -> std::optional<MemoryVfs::Refusal> {
          if (calls++ != at) return std::nullopt;
          return MemoryVfs::Refusal{{code, "refused"}, share};
        });
        run_app(vfs, clock, 2);
        run_app(vfs, clock, 0);
        const bool is_over = calls <= at;
        vfs.refuse({});
        const Verdict verdict = boot(vfs.image(), clock);
        EXPECT_TRUE(verdict.is_sound) << at;
        EXPECT_NE(verdict.runs, 0) << at;
        run_app(vfs, clock, 2);
        run_app(vfs, clock, 0);
        EXPECT_EQ(boot(vfs.image(), clock).runs, 2) << at;
        ++runs;
        if (is_over) break;
      }
  std::printf("refused calls: %zu, unbootable 0\n", runs);
}

}  // namespace
}  // namespace latchkey::update
