// Keys that are left in a store outside of the file, when several note, make and remove them: one call that makes two,
// two programs at one file, and the file's copy on another device.
#include <gtest/gtest.h>

#include "tests/support/vault/key_rack.h"
#include "vault/loose_key.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;

constexpr SlotKind rack_kind = SlotKind::secret_service;

class LooseKeysOfTwo : public testing::LooseKeys {
 protected:
  // With a slot that opens it there.
  void copy_to_other_device() {
    const auto way_in = vault->add_slot({SlotKind::passcode, "p"}, answering("correct horse"));
    ASSERT_TRUE(way_in);
    passcode = *way_in;
    copied = testing::copy_medium(medium);
  }
  std::unique_ptr<Vault> opened_elsewhere() {
    device.identity = testing::other_device;
    auto found = Vault::open(parts(copied)).value();
    EXPECT_EQ(code_of(found->unlock(answering("correct horse"), passcode)), Code{});
    return found;
  }
  std::uint32_t passcode = 0;
  testing::MediumPtr copied;
};

TEST_F(LooseKeysOfTwo, the_first_of_a_call_goes_when_its_second_comes_to_nothing) {
  rack->wrap_fails = Code::user_cancelled;
  rack->wraps_before_failing = 1;
  const VaultConfig two{.protection = {}, .new_slots = {{rack_kind, "a"}, {rack_kind, "b"}}, .kept_slots = {1}};
  EXPECT_EQ(code_of(vault->update_config(two, {})), Code::user_cancelled);
  EXPECT_TRUE(rack->keys.empty());
  device.clock.advance(10min);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeysOfTwo, the_first_of_a_call_stays_noted_when_its_store_does_not_remove_it) {
  rack->wrap_fails = Code::user_cancelled;
  rack->wraps_before_failing = 1;
  rack->refuses_forgetting = true;
  const VaultConfig two{.protection = {}, .new_slots = {{rack_kind, "a"}, {rack_kind, "b"}}, .kept_slots = {1}};
  EXPECT_EQ(code_of(vault->update_config(two, {})), Code::user_cancelled);
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_EQ(left(), 1U);
  rack->refuses_forgetting = false;
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeysOfTwo, one_that_was_removed_by_both_takes_no_other_note_along) {
  const auto first = add();
  const auto second = add();
  ASSERT_TRUE(first && second);
  rack->is_away = true;
  ASSERT_TRUE(vault->remove_slot(*first));
  rack->is_away = false;
  const auto other = opened(medium);
  rack->before_forgetting = [&] {
    EXPECT_EQ(other->remove_left_keys(), 0U);
    rack->is_away = true;
    EXPECT_TRUE(other->remove_slot(*second));
    rack->is_away = false;
  };
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_EQ(left(), 1U) << "the second's";
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeysOfTwo, a_note_is_not_taken_for_the_one_that_was_struck_out) {
  const auto other = opened(medium);
  rack->before_answer = [&] {
    device.clock.advance(10min);  // the first program was asleep
    EXPECT_EQ(other->remove_left_keys(), 0U);
    rack->before_answer = [&] { other->lock(); };  // it stays in the journal
    EXPECT_EQ(code_of(other->add_slot({rack_kind, "other"}, {})), Code::vault_locked);
  };
  EXPECT_EQ(code_of(add()), Code::conflict) << "a slot whose key is gone would open nothing";
  EXPECT_EQ(vault->status()->slots.size(), 1U);
  EXPECT_EQ(rack->keys.size(), 1U) << "the other's";
  EXPECT_EQ(left(), 0U) << "it may be about to name it";
  device.clock.advance(10min);
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeysOfTwo, one_that_is_made_after_its_note_was_struck_out_goes) {
  const auto other = opened(medium);
  rack->before_making = [&] {
    device.clock.advance(10min);
    EXPECT_EQ(other->remove_left_keys(), 0U) << "there is none yet";
  };
  EXPECT_EQ(code_of(add()), Code::conflict);
  EXPECT_TRUE(rack->keys.empty());
  rack->before_answer = [&] { rack->is_away = true; };
  EXPECT_EQ(code_of(add()), Code::conflict);
  rack->is_away = false;
  EXPECT_EQ(left(), 1U) << "it is noted anew";
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_TRUE(vault->verify());
}

TEST_F(LooseKeysOfTwo, of_a_copied_file_are_let_be_when_it_is_destroyed) {
  copy_to_other_device();
  rack->before_answer = [&] { copied = testing::copy_medium(medium); };
  ASSERT_TRUE(add());
  rack->before_answer = {};
  const auto elsewhere = opened_elsewhere();
  ASSERT_TRUE(elsewhere->destroy());
  EXPECT_EQ(rack->keys.size(), 1U) << "the file's own device has it in a slot";
}

TEST_F(LooseKeysOfTwo, of_a_copied_file_are_let_be_when_it_is_adopted) {
  copy_to_other_device();
  rack->before_answer = [&] { copied = testing::copy_medium(medium); };
  ASSERT_TRUE(add());
  rack->before_answer = {};
  const auto elsewhere = opened_elsewhere();
  device.clock.advance(10min);
  EXPECT_EQ(elsewhere->remove_left_keys(), 1U);
  ASSERT_TRUE(elsewhere->adopt_device());
  EXPECT_EQ(elsewhere->status()->left_keys, 0U);
  EXPECT_EQ(elsewhere->remove_left_keys(), 0U);
  EXPECT_EQ(rack->keys.size(), 1U) << "the file's former device has it in a slot";
}

TEST_F(LooseKeysOfTwo, adopting_a_file_on_its_own_device_drops_none) {
  kill_while_adding();
  ASSERT_TRUE(vault->adopt_device());
  device.clock.advance(10min);
  EXPECT_EQ(left(), 1U);
}

TEST_F(LooseKeysOfTwo, a_slot_of_a_copied_file_takes_no_key_along) {
  const auto slot = add();
  ASSERT_TRUE(slot);
  copy_to_other_device();
  const auto elsewhere = opened_elsewhere();
  ASSERT_TRUE(elsewhere->remove_slot(*slot));
  ASSERT_TRUE(elsewhere->adopt_device());
  EXPECT_EQ(elsewhere->remove_left_keys(), 0U);
  EXPECT_EQ(rack->keys.size(), 1U);
}

TEST_F(LooseKeysOfTwo, what_a_copied_file_made_itself_it_removes) {
  copy_to_other_device();
  const auto elsewhere = opened_elsewhere();
  const auto beside = Vault::open(parts(copied)).value();
  ASSERT_EQ(code_of(beside->unlock(answering("correct horse"), passcode)), Code{});
  rack->before_answer = [&] { EXPECT_TRUE(beside->add_slot({SlotKind::passcode, "q"}, answering("battery staple"))); };
  EXPECT_EQ(code_of(elsewhere->add_slot({rack_kind, "late"}, {})), Code::conflict);
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(elsewhere->remove_left_keys(), 0U);
}

}  // namespace
}  // namespace latchkey::vault
