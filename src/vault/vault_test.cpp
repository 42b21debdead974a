#include "vault/vault.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

class VaultTest : public ::testing::Test {
 protected:
  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::unique_ptr<Vault> make(std::initializer_list<SlotKind> kinds = {SlotKind::passcode}) {
    return make_vault(device, medium, with_slots(kinds));
  }
};

TEST_F(VaultTest, keeps_records_over_lock_and_reopening) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("session/refresh", value_of("rt1_secret")).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->get("session/refresh")), Code::vault_locked);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(text_of(vault->get("session/refresh")), "rt1_secret");
  const auto again = open_vault(device, medium);
  EXPECT_TRUE(again->is_locked());
  ASSERT_TRUE(again->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(text_of(again->get("session/refresh")), "rt1_secret");
}

TEST_F(VaultTest, every_operation_on_a_locked_vault_says_so) {
  const auto vault = make();
  vault->lock();
  EXPECT_EQ(code_of(vault->set("a", value_of("1"))), Code::vault_locked);
  EXPECT_EQ(code_of(vault->find("a")), Code::vault_locked);
  EXPECT_EQ(code_of(vault->get_info("a")), Code::vault_locked);
  EXPECT_EQ(code_of(vault->remove("a")), Code::vault_locked);
  EXPECT_EQ(code_of(vault->list()), Code::vault_locked);
  EXPECT_EQ(code_of(vault->apply({})), Code::vault_locked);
  EXPECT_EQ(code_of(vault->verify()), Code::vault_locked);
  EXPECT_EQ(code_of(vault->get_revision()), Code::vault_locked);
  EXPECT_EQ(code_of(vault->use_value("a", [](const RecordValue&) { return Status(); })), Code::vault_locked);
  EXPECT_EQ(code_of(vault->add_slot({SlotKind::in_memory, ""}, {})), Code::vault_locked);
  EXPECT_EQ(code_of(vault->remove_slot(1)), Code::vault_locked);
  EXPECT_EQ(code_of(vault->rewrap_slot(1, answering("other"))), Code::vault_locked);
  EXPECT_EQ(code_of(vault->set_policy({})), Code::vault_locked);
  EXPECT_EQ(code_of(vault->adopt_device()), Code::vault_locked);
}

TEST_F(VaultTest, a_missing_record_is_told_from_every_failure) {
  const auto vault = make();
  EXPECT_EQ(code_of(vault->get("nothing")), Code::not_found);
  EXPECT_EQ(code_of(vault->remove("nothing")), Code::not_found);
  const auto found = vault->find("nothing");
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->has_value());
}

TEST_F(VaultTest, replacing_and_removing_leave_no_trace_of_the_old) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  ASSERT_TRUE(vault->set("a", value_of("2"), RecordKind::json).has_value());
  EXPECT_EQ(text_of(vault->get("a")), "2");
  EXPECT_EQ(vault->get_info("a")->kind, RecordKind::json);
  ASSERT_TRUE(vault->remove("a").has_value());
  EXPECT_EQ(code_of(vault->get("a")), Code::not_found);
  EXPECT_TRUE(vault->list()->empty());
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(VaultTest, lists_names_by_prefix) {
  const auto vault = make();
  for (const char* name : {"token/b", "token/a", "key", "tok"})
    ASSERT_TRUE(vault->set(name, value_of("x")).has_value());
  const auto listed = vault->list("token/");
  ASSERT_TRUE(listed.has_value());
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ((*listed)[0].name, "token/a");
  EXPECT_EQ((*listed)[1].name, "token/b");
  EXPECT_EQ(vault->list()->size(), 4U);
}

TEST_F(VaultTest, odd_names_and_values_are_refused_or_kept_exactly) {
  const auto vault = make();
  EXPECT_EQ(code_of(vault->set("", value_of("x"))), Code::invalid_argument);
  EXPECT_EQ(code_of(vault->set(std::string(256, 'n'), value_of("x"))), Code::invalid_argument);
  EXPECT_EQ(code_of(vault->set("\xc3(", value_of("x"))), Code::invalid_argument);
  EXPECT_EQ(code_of(vault->set("\xed\xa0\x80", value_of("x"))), Code::invalid_argument);
  EXPECT_TRUE(vault->set("gr\xc3\xbc\xc3\x9f/\xf0\x9f\x94\x91", value_of("x")).has_value());
  EXPECT_EQ(code_of(vault->set("big", RecordValue::zeroed((1 << 20) + 1))), Code::input_too_large);
  ASSERT_TRUE(vault->set("big", RecordValue::zeroed(1 << 20)).has_value());
  EXPECT_EQ(vault->get("big")->size(), std::size_t{1} << 20);
  ASSERT_TRUE(vault->set("empty", RecordValue()).has_value());
  EXPECT_TRUE(vault->get("empty")->is_empty());
}

TEST_F(VaultTest, a_batch_happens_wholly_or_not_at_all) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("a", value_of("old")).has_value());
  std::vector<Change> changes;
  changes.push_back({"a", value_of("new")});
  changes.push_back({"b", value_of("new")});
  changes.push_back({"missing", std::nullopt});
  EXPECT_EQ(code_of(vault->apply(changes)), Code::not_found);
  EXPECT_EQ(text_of(vault->get("a")), "old");
  EXPECT_EQ(code_of(vault->get("b")), Code::not_found);
  changes.pop_back();
  ASSERT_TRUE(vault->apply(changes).has_value());
  EXPECT_EQ(text_of(vault->get("b")), "new");
}

TEST_F(VaultTest, a_change_with_an_expected_sequence_loses_against_a_newer_write) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  const std::uint64_t seen = vault->get_info("a")->sequence;
  ASSERT_TRUE(vault->set("a", value_of("2")).has_value());
  std::vector<Change> late;
  late.push_back({"a", value_of("3"), RecordKind::bytes, seen});
  EXPECT_EQ(code_of(vault->apply(late)), Code::conflict);
  late[0].expected_sequence = vault->get_info("a")->sequence;
  EXPECT_TRUE(vault->apply(late).has_value());
  late[0].expected_sequence = 0;
  EXPECT_EQ(code_of(vault->apply(late)), Code::conflict);
}

TEST_F(VaultTest, a_value_is_handed_to_native_code_and_its_failure_comes_back) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("key", value_of("private")).has_value());
  std::string seen;
  EXPECT_TRUE(vault
                  ->use_value("key",
                              [&](const RecordValue& value) -> Status {
                                seen = value.reveal_text();
                                return vault->set("used", value_of("yes"));  // may call the vault
                              })
                  .has_value());
  EXPECT_EQ(seen, "private");
  EXPECT_EQ(code_of(vault->use_value("key", [](const RecordValue&) -> Status { return fail(Code::cancelled); })),
            Code::cancelled);
}

// --- slots ---

TEST_F(VaultTest, any_slot_opens_it) {
  const auto vault = make({SlotKind::passcode, SlotKind::in_memory});
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  for (const std::uint32_t slot : {1U, 2U}) {
    vault->lock();
    ASSERT_TRUE(vault->unlock(answering("correct horse"), slot).has_value()) << slot;
    EXPECT_EQ(text_of(vault->get("a")), "1");
    EXPECT_EQ(vault->status()->unlocked_by, slot);
  }
}

TEST_F(VaultTest, without_a_wish_the_device_s_own_slot_is_taken_and_nobody_is_asked) {
  const auto vault = make({SlotKind::passcode, SlotKind::in_memory});
  vault->lock();
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(vault->status()->unlocked_by, 2U);
}

TEST_F(VaultTest, when_the_device_s_key_is_gone_the_passcode_is_asked_for) {
  const auto vault = make({SlotKind::in_memory, SlotKind::passcode});
  vault->lock();
  lose_all(*device.keys);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(vault->status()->unlocked_by, 2U);
}

TEST_F(VaultTest, slots_are_added_and_removed_but_never_the_last) {
  const auto vault = make();
  EXPECT_EQ(code_of(vault->remove_slot(1)), Code::slot_in_use);
  EXPECT_EQ(code_of(vault->remove_slot(9)), Code::not_found);
  const auto added = vault->add_slot({SlotKind::in_memory, "here"}, {});
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(*added, 2U);
  ASSERT_TRUE(vault->remove_slot(1).has_value());
  EXPECT_EQ(code_of(vault->remove_slot(2)), Code::slot_in_use);
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"), 1)), Code::not_found);
  EXPECT_TRUE(vault->unlock({}).has_value());
}

TEST_F(VaultTest, a_slot_whose_key_is_gone_does_not_count_as_a_way_in) {
  const auto vault = make({SlotKind::passcode, SlotKind::in_memory});
  lose_all(*device.keys);
  EXPECT_EQ(code_of(vault->remove_slot(1)), Code::slot_in_use);
  EXPECT_TRUE(vault->remove_slot(2).has_value());
}

TEST_F(VaultTest, a_changed_passcode_replaces_the_old_and_keeps_the_data) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  ASSERT_TRUE(vault->rewrap_slot(1, answering("battery staple")).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::wrong_passcode);
  ASSERT_TRUE(vault->unlock(answering("battery staple")).has_value());
  EXPECT_EQ(text_of(vault->get("a")), "1");
}

TEST_F(VaultTest, a_minimum_level_refuses_weaker_slots_now_and_later) {
  CreateOptions options = with_slots({SlotKind::passcode});
  options.minimum_level = SecurityLevel::separate_hardware;
  EXPECT_EQ(code_of(Vault::create(device.parts(medium), options, answering("correct horse"))), Code::unsupported);
  EXPECT_EQ(code_of(Vault::open(device.parts(medium))), Code::not_found);
}

TEST_F(VaultTest, checking_a_slot_leaves_the_vault_as_it_was) {
  const auto vault = make();
  vault->lock();
  EXPECT_TRUE(vault->check_slot(1, answering("correct horse")).has_value());
  EXPECT_TRUE(vault->is_locked());
  EXPECT_EQ(code_of(vault->check_slot(1, answering("wrong one"))), Code::wrong_passcode);
}

// --- attempts ---

TEST_F(VaultTest, wrong_passcodes_make_the_next_try_wait_even_in_another_process) {
  const auto vault = make();
  vault->lock();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(code_of(vault->unlock(answering("wrong one"))), Code::wrong_passcode) << i;
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::locked_out);
  const auto other = open_vault(device, medium);
  EXPECT_EQ(code_of(other->unlock(answering("correct horse"))), Code::locked_out);
  EXPECT_EQ(other->status()->slots[0].wait, 1s);
  device.clock.advance(999ms);
  EXPECT_EQ(code_of(other->unlock(answering("correct horse"))), Code::locked_out);
  device.clock.advance(1ms);
  EXPECT_TRUE(other->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(vault->status()->slots[0].failed_attempts, 0U);
}

TEST_F(VaultTest, putting_the_clock_back_or_forward_and_back_gains_no_attempt) {
  const auto vault = make();
  vault->lock();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(code_of(vault->unlock(answering("wrong one"))), Code::wrong_passcode);
  device.clock.advance(-24h);
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::locked_out);
  device.clock.advance(1s);
  EXPECT_TRUE(vault->unlock(answering("correct horse")).has_value());
}

TEST_F(VaultTest, a_cancelled_prompt_is_no_attempt) {
  const auto vault = make();
  vault->lock();
  Prompt cancelling;
  cancelling.ask_passcode = [](PasscodeAsk) -> Result<Passcode> { return fail(Code::user_cancelled); };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(code_of(vault->unlock(cancelling)), Code::user_cancelled);
  EXPECT_EQ(vault->status()->slots[0].failed_attempts, 0U);
}

// --- locking by itself ---

TEST_F(VaultTest, locks_when_idle_and_tells_why) {
  const auto vault = make();
  std::vector<LockReason> reasons;
  const auto observing = vault->observe({[&](const LockedEvent& event) { reasons.push_back(event.reason); }, {}});
  EXPECT_EQ(vault->enforce_policy(), 5min);
  device.clock.advance(4min);
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());  // use starts the time anew
  device.clock.advance(5min - 1ms);
  EXPECT_FALSE(vault->is_locked());
  device.clock.advance(1ms);
  EXPECT_EQ(code_of(vault->get("a")), Code::vault_locked);
  EXPECT_EQ(reasons, std::vector{LockReason::idle});
  EXPECT_EQ(vault->enforce_policy(), std::nullopt);
}

TEST_F(VaultTest, locks_after_the_maximum_time_however_busy) {
  const auto vault = make();
  for (int i = 0; i < 179; ++i) {
    device.clock.advance(4min);
    ASSERT_TRUE(vault->find("a").has_value());
  }
  device.clock.advance(4min);
  EXPECT_EQ(code_of(vault->find("a")), Code::vault_locked);
}

TEST_F(VaultTest, locks_in_the_background_unless_it_comes_back_in_time) {
  const auto vault = make();
  vault->note_backgrounded();
  device.clock.advance(29s);
  vault->note_foregrounded();
  device.clock.advance(29s);
  EXPECT_FALSE(vault->is_locked());
  vault->note_backgrounded();
  device.clock.advance(30s);
  vault->note_foregrounded();
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(VaultTest, a_changed_policy_is_kept) {
  const auto vault = make();
  ASSERT_TRUE(vault->set_policy({.lock_after_idle = 10s, .lock_after_backgrounded = 0s, .maximum_unlocked_time = 0s}));
  EXPECT_EQ(vault->enforce_policy(), 10s);
  EXPECT_EQ(open_vault(device, medium)->status()->policy.lock_after_idle, 10s);
}

TEST_F(VaultTest, observers_may_call_the_vault_and_stop_when_their_handle_goes) {
  const auto vault = make();
  int locks = 0;
  int unlocks = 0;
  auto observing = vault->observe({[&](const LockedEvent&) { locks += vault->is_locked() ? 1 : 100; },
                                   [&](const UnlockedEvent&) { unlocks += vault->is_locked() ? 100 : 1; }});
  vault->lock();
  vault->lock();
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(locks, 1);
  EXPECT_EQ(unlocks, 1);
  observing.reset();
  vault->lock();
  EXPECT_EQ(locks, 1);
}

// --- many at once ---

TEST_F(VaultTest, callers_who_unlock_at_once_share_one_prompt) {
  const auto vault = make();
  vault->lock();
  std::atomic<int> prompts = 0;
  Prompt counting;
  counting.ask_passcode = [&](PasscodeAsk) -> Result<Passcode> {
    ++prompts;
    return Passcode::copy_of("correct horse");
  };
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { EXPECT_TRUE(vault->unlock(counting).has_value()); });
  callers.clear();
  EXPECT_EQ(prompts, 1);
}

TEST_F(VaultTest, threads_and_a_second_vault_on_the_same_store_lose_nothing) {
  const auto first = make({SlotKind::in_memory});
  const auto second = open_vault(device, medium);
  ASSERT_TRUE(second->unlock({}).has_value());
  std::vector<std::jthread> writers;
  for (int thread = 0; thread < 4; ++thread)
    writers.emplace_back([&, thread] {
      Vault& vault = thread % 2 == 0 ? *first : *second;
      for (int i = 0; i < 25; ++i) {
        const std::string name = std::to_string(thread) + "/" + std::to_string(i);
        EXPECT_TRUE(vault.set(name, value_of(name)).has_value());
        EXPECT_EQ(text_of(vault.get(name)), name);
      }
    });
  writers.clear();
  EXPECT_EQ(first->list()->size(), 100U);
  EXPECT_EQ(second->list()->size(), 100U);
  EXPECT_TRUE(second->verify().has_value());
  EXPECT_EQ(*first->get_revision(), *second->get_revision());
}

TEST_F(VaultTest, a_policy_out_of_range_is_an_argument_not_a_damaged_vault) {
  const auto vault = make();
  LockPolicy policy;
  policy.lock_after_idle = std::chrono::hours(24) * 3661;
  EXPECT_EQ(code_of(vault->set_policy(policy)), Code::invalid_argument);
  policy.lock_after_idle = -1ms;
  EXPECT_EQ(code_of(vault->set_policy(policy)), Code::invalid_argument);
  EXPECT_TRUE(vault->set_policy({}).has_value());
}

TEST_F(VaultTest, create_never_replaces_what_is_there) {
  const auto vault = make();
  EXPECT_EQ(code_of(Vault::create(device.parts(medium), with_slots({SlotKind::passcode}), answering("other one"))),
            Code::already_exists);
  vault->lock();
  EXPECT_TRUE(vault->unlock(answering("correct horse")).has_value());
}

TEST_F(VaultTest, destroying_takes_the_keys_along_and_locks) {
  const auto vault = make({SlotKind::in_memory});
  std::vector<LockReason> reasons;
  const auto observing = vault->observe({[&](const LockedEvent& event) { reasons.push_back(event.reason); }, {}});
  ASSERT_TRUE(vault->destroy().has_value());
  EXPECT_EQ(reasons, std::vector{LockReason::destroyed});
  EXPECT_EQ(code_of(Vault::open(device.parts(medium))), Code::not_found);
}

TEST_F(VaultTest, observers_may_call_the_vault_back_whatever_they_were_told) {
  const auto vault = make({SlotKind::passcode});
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  bool is_calling_back = true;
  std::vector<Code> codes;
  const auto call_back = [&] {
    if (!std::exchange(is_calling_back, false)) return;
    codes.push_back(code_of(vault->unlock(answering("correct horse"))));
    codes.push_back(code_of(vault->authenticate(answering("correct horse"))));
    codes.push_back(code_of(vault->check_slot(1, answering("correct horse"))));
  };
  const auto observing =
      vault->observe({[&](const LockedEvent&) { call_back(); }, [&](const UnlockedEvent&) { call_back(); }});
  device.clock.advance(6min);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());  // tells first that it locked
  is_calling_back = true;
  vault->lock();
  is_calling_back = true;
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(codes.size(), 6U);  // nobody is told of an unlocking that was none
  for (const Code code : codes) EXPECT_EQ(code, Code{});
}

}  // namespace
}  // namespace latchkey::vault
