// The contract suite of RollbackAnchor: include it in one test file per program, and instantiate it with makers.
#pragma once

#include <functional>
#include <memory>

#include "tests/support/vault/test_vaults.h"
#include "vault/rollback_anchor.h"

namespace latchkey::vault {

// Anchors of one maker are on one device.
using RollbackAnchorMaker = std::function<std::unique_ptr<RollbackAnchor>()>;

class RollbackAnchorContract : public ::testing::TestWithParam<RollbackAnchorMaker> {
 protected:
  std::unique_ptr<RollbackAnchor> anchors = GetParam()();

  Anchor create() {
    auto made = anchors->create();
    EXPECT_TRUE(made.has_value()) << to_string(made.error());
    return *std::move(made);
  }
  static AnchorCount value(const Result<AnchorCount>& count) {
    EXPECT_TRUE(count.has_value()) << to_string(count.error());
    return count.value_or(0);
  }
};

TEST_P(RollbackAnchorContract, counts_by_one_from_what_it_said) {
  const Anchor made = create();
  EXPECT_LE(made.parameters.size(), 128U);
  EXPECT_EQ(value(anchors->read(made.parameters)), made.count);
  EXPECT_EQ(value(anchors->increment(made.parameters)), made.count + 1);
  EXPECT_EQ(value(anchors->increment(made.parameters)), made.count + 2);
  EXPECT_EQ(value(anchors->read(made.parameters)), made.count + 2);
  EXPECT_TRUE(anchors->remove(made.parameters).has_value());
}

TEST_P(RollbackAnchorContract, anchors_do_not_disturb_each_other) {
  const Anchor first = create();
  const Anchor second = create();
  ASSERT_NE(first.parameters, second.parameters);
  EXPECT_TRUE(anchors->increment(second.parameters).has_value());
  EXPECT_EQ(value(anchors->read(first.parameters)), first.count);
  EXPECT_TRUE(anchors->remove(second.parameters).has_value());
  EXPECT_EQ(value(anchors->read(first.parameters)), first.count);
  EXPECT_TRUE(anchors->remove(first.parameters).has_value());
}

TEST_P(RollbackAnchorContract, another_instance_reads_the_same_count) {
  const Anchor made = create();
  const auto other = GetParam()();
  EXPECT_EQ(value(other->increment(made.parameters)), made.count + 1);
  EXPECT_EQ(value(anchors->read(made.parameters)), made.count + 1);
  EXPECT_TRUE(other->remove(made.parameters).has_value());
}

TEST_P(RollbackAnchorContract, what_was_removed_is_missing_and_nothing_later_starts_below_it) {
  const Anchor made = create();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(anchors->increment(made.parameters).has_value());
  ASSERT_TRUE(anchors->remove(made.parameters).has_value());
  EXPECT_EQ(testing::code_of(anchors->read(made.parameters)), Code::key_missing);
  EXPECT_EQ(testing::code_of(anchors->increment(made.parameters)), Code::key_missing);
  EXPECT_TRUE(anchors->remove(made.parameters).has_value());
  const Anchor later = create();
  EXPECT_GT(later.count, made.count + 5);
  EXPECT_TRUE(anchors->remove(later.parameters).has_value());
}

TEST_P(RollbackAnchorContract, strange_parameters_are_refused) {
  const Anchor made = create();
  for (const std::size_t size : {std::size_t{0}, made.parameters.size() - 1, made.parameters.size() + 1}) {
    Bytes strange = made.parameters;
    strange.resize(size);
    EXPECT_EQ(testing::code_of(anchors->read(strange)), Code::vault_corrupted) << size;
    EXPECT_EQ(testing::code_of(anchors->increment(strange)), Code::vault_corrupted) << size;
    EXPECT_EQ(testing::code_of(anchors->remove(strange)), Code::vault_corrupted) << size;
  }
  for (std::size_t at = 0; at < made.parameters.size(); ++at) {
    Bytes strange = made.parameters;
    strange[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
    EXPECT_FALSE(anchors->read(strange).has_value()) << at;
  }
  EXPECT_TRUE(anchors->remove(made.parameters).has_value());
}

}  // namespace latchkey::vault
