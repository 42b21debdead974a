#include "vault/rollback_anchor.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/vault/rollback_anchor_contract.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/rollback_anchors/memory_rollback_anchor.h"
#include "vault/rollback_anchors/tpm2_rollback_anchor.h"

namespace latchkey::vault {
namespace {

TEST(AnchorVerdict, tells_an_old_copy_from_a_crash) {
  EXPECT_EQ(compare(7, 7), AnchorVerdict::current);
  EXPECT_EQ(compare(8, 7), AnchorVerdict::one_ahead);
  EXPECT_EQ(compare(6, 7), AnchorVerdict::rolled_back);
  EXPECT_EQ(compare(0, 7), AnchorVerdict::rolled_back);
  EXPECT_EQ(compare(9, 7), AnchorVerdict::impossible);
  EXPECT_EQ(compare(std::numeric_limits<AnchorCount>::max(), 0), AnchorVerdict::impossible);
  EXPECT_EQ(compare(0, std::numeric_limits<AnchorCount>::max()), AnchorVerdict::rolled_back);
}

TEST(MemoryRollbackAnchor, knows_nothing_after_the_device_was_cleared_and_waits_while_it_is_busy) {
  const auto counters = make_memory_counters();
  const auto anchors = make_memory_rollback_anchor(counters);
  const auto made = anchors->create();
  ASSERT_TRUE(made.has_value());
  set_available(*counters, false);
  EXPECT_EQ(testing::code_of(anchors->read(made->parameters)), Code::temporarily_unavailable);
  set_available(*counters, true);
  EXPECT_TRUE(anchors->read(made->parameters).has_value());
  clear_all(*counters);
  EXPECT_EQ(testing::code_of(anchors->read(made->parameters)), Code::key_missing);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Memory, RollbackAnchorContract, ::testing::ValuesIn([] {
                           const auto counters = make_memory_counters();
                           return std::vector<RollbackAnchorMaker>{
                               [counters] { return make_memory_rollback_anchor(counters); }};
                         }()));

// One TPM for the suite, started by the first test that needs it.
INSTANTIATE_TEST_SUITE_P(Tpm2, RollbackAnchorContract, ::testing::ValuesIn([] {
                           std::vector<RollbackAnchorMaker> makers;
                           if (testing::SoftwareTpm::is_installed())
                             makers.emplace_back([] {
                               static testing::SoftwareTpm tpm;
                               return make_tpm2_rollback_anchor(tpm.tcti());
                             });
                           return makers;
                         }()));

}  // namespace latchkey::vault
