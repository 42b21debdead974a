// Rotation of the data key: nothing is lost, nobody is asked, and the old key opens nothing any more.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"
#include "vault/contents.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

constexpr int record_count = 2'500;  // three steps

class Rotation : public ::testing::Test {
 protected:
  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::unique_ptr<Vault> vault = make_vault(device, medium, with_slots({SlotKind::in_memory, SlotKind::passcode}));

  void SetUp() override {
    std::vector<Change> changes;
    for (int i = 0; i < record_count; ++i)
      changes.push_back({"record/" + std::to_string(i), value_of(std::to_string(i))});
    ASSERT_TRUE(vault->apply(changes).has_value());
  }
  void expect_all(Vault& in) {
    for (int i = 0; i < record_count; ++i) ASSERT_EQ(text_of(in.get("record/" + std::to_string(i))), std::to_string(i));
    EXPECT_TRUE(in.verify().has_value());
  }
  Status interrupt_after_one_step() {
    std::stop_source stop;
    return vault->rotate([&](std::uint64_t) { stop.request_stop(); }, stop.get_token());
  }
};

TEST_F(Rotation, keeps_every_record_and_every_slot_opens_the_new_generation) {
  std::vector<std::uint64_t> progress;
  ASSERT_TRUE(vault->rotate([&](std::uint64_t done) { progress.push_back(done); }).has_value());
  EXPECT_EQ(progress, (std::vector<std::uint64_t>{1024, 2048, 2500}));
  EXPECT_EQ(vault->status()->generation, 2U);
  expect_all(*vault);
  for (const std::uint32_t slot : {1U, 2U}) {
    const auto again = open_vault(device, medium);
    ASSERT_TRUE(again->unlock(answering("correct horse"), slot).has_value());
    expect_all(*again);
  }
}

// A step is in memory until it commits.
TEST_F(Rotation, takes_few_large_values_at_a_time) {
  const auto large = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  const std::string value(std::size_t{1} << 20, 'l');
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(large->set("large/" + std::to_string(i), value_of(value)).has_value());
  std::vector<std::uint64_t> progress;
  ASSERT_TRUE(large->rotate([&](std::uint64_t done) { progress.push_back(done); }).has_value());
  EXPECT_EQ(progress, (std::vector<std::uint64_t>{4, 6}));
  for (int i = 0; i < 6; ++i) ASSERT_EQ(text_of(large->get("large/" + std::to_string(i))), value);
  EXPECT_TRUE(large->verify().has_value());
}

TEST_F(Rotation, that_was_interrupted_is_readable_and_carried_on_by_anybody) {
  EXPECT_EQ(code_of(interrupt_after_one_step()), Code::cancelled);
  expect_all(*vault);
  ASSERT_TRUE(vault->set("record/5", value_of("5")).has_value());
  const auto other = open_vault(device, medium);
  ASSERT_TRUE(other->unlock({}).has_value());
  expect_all(*other);
  ASSERT_TRUE(other->rotate().has_value());
  EXPECT_EQ(other->status()->generation, 2U);
  expect_all(*other);
  expect_all(*vault);  // it knew the new key already
}

TEST_F(Rotation, locks_other_processes_which_then_open_the_new_generation) {
  const auto other = open_vault(device, medium);
  ASSERT_TRUE(other->unlock({}).has_value());
  std::vector<LockReason> reasons;
  const auto observing = other->observe({[&](const LockedEvent& event) { reasons.push_back(event.reason); }, {}});
  ASSERT_TRUE(vault->rotate().has_value());
  EXPECT_EQ(code_of(other->get("record/1")), Code::vault_locked);
  EXPECT_EQ(reasons, std::vector{LockReason::other_process});
  ASSERT_TRUE(other->unlock({}).has_value());
  expect_all(*other);
}

TEST_F(Rotation, the_old_data_key_opens_nothing_of_the_new_generation) {
  std::optional<DataKey> old_key;
  Header header;
  const auto records = make_memory_record_store(medium);
  ASSERT_TRUE(records->read([&](RecordReader& reader) -> Status {
    TRY(const OpenParts open, read_open_parts(reader));
    header = open.header;
    return {};
  }));
  ASSERT_TRUE(vault->rotate().has_value());
  ASSERT_TRUE(vault->rotate().has_value());
  EXPECT_EQ(vault->status()->generation, 3U);
  ASSERT_TRUE(records->read([&](RecordReader& reader) -> Status {
    TRY(const auto rotation, reader.find({PartKind::rotation}));
    EXPECT_FALSE(rotation);  // the old key is gone from the file
    return {};
  }));
  expect_all(*vault);
}

TEST_F(Rotation, is_due_at_the_age_the_policy_says) {
  EXPECT_FALSE(vault->status()->is_rotation_due);
  device.clock.advance(std::chrono::hours(24 * 180));
  EXPECT_TRUE(vault->status()->is_rotation_due);
  ASSERT_TRUE(vault->unlock({}).has_value());
  ASSERT_TRUE(vault->rotate().has_value());
  EXPECT_FALSE(vault->status()->is_rotation_due);
}

TEST_F(Rotation, an_empty_vault_rotates_too) {
  const auto empty = make_vault(device, make_memory_medium(), with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(empty->rotate().has_value());
  ASSERT_TRUE(empty->set("a", value_of("1")).has_value());
  EXPECT_EQ(text_of(empty->get("a")), "1");
}

TEST_F(Rotation, slots_added_and_changed_afterwards_open_it) {
  ASSERT_TRUE(vault->rotate().has_value());
  ASSERT_TRUE(vault->rewrap_slot(2, answering("battery staple")).has_value());
  const auto added = vault->add_slot({SlotKind::passcode, "second"}, answering("third passcode"));
  ASSERT_TRUE(added.has_value());
  ASSERT_TRUE(vault->rotate().has_value());
  const auto again = open_vault(device, medium);
  EXPECT_EQ(code_of(again->unlock(answering("correct horse"), 2)), Code::wrong_passcode);
  ASSERT_TRUE(again->unlock(answering("third passcode"), *added).has_value());
  expect_all(*again);
}

}  // namespace
}  // namespace latchkey::vault
