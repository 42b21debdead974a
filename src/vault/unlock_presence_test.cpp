#include "vault/unlock_presence.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/support/vault/person_at_device.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::GuardedDevice;
using testing::text_of;
using testing::value_of;

class UnlockPresence : public ::testing::Test {
 protected:
  GuardedDevice at;
};

TEST_F(UnlockPresence, the_user_is_recognised_before_the_device_s_key_is_used) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  vault->lock();
  at.finger->asked = 0;
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(vault->unlock({})), Code::user_cancelled);
  EXPECT_TRUE(vault->is_locked());
  at.finger->answer = [](const Prompt&) { return Status(); };
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(text_of(vault->get("a")), "1");
  EXPECT_EQ(at.finger->asked, 2);
  EXPECT_EQ(at.password->asked, 0);
}

TEST_F(UnlockPresence, authenticating_and_checking_a_slot_ask_as_well) {
  const auto vault = at.make();
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(vault->authenticate({})), Code::user_cancelled);
  EXPECT_EQ(code_of(vault->check_slot(1, {})), Code::user_cancelled);
}

TEST_F(UnlockPresence, nobody_is_asked_for_a_key_that_is_gone) {
  const auto vault = at.make();
  vault->lock();
  at.finger->asked = 0;
  lose_all(*at.device.keys);
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::key_missing);
  EXPECT_EQ(at.finger->asked, 0);
}

TEST_F(UnlockPresence, a_no_does_not_lead_to_the_passcode_unless_its_slot_is_named) {
  const auto vault = at.make();
  vault->lock();
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::locked_out, "30 s"); };
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::locked_out);
  EXPECT_EQ(at.password->asked, 0);
  EXPECT_TRUE(vault->unlock(answering("correct horse"), 2).has_value());
}

TEST_F(UnlockPresence, both_takes_the_system_s_password_where_biometrics_cannot_be_asked) {
  const auto vault = at.make(DeviceSecurityType::both);
  vault->lock();
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(vault->unlock({})), Code::user_cancelled);
  EXPECT_EQ(at.password->asked, 0);
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::locked_out, "30 s"); };
  EXPECT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(at.password->asked, 1);
}

TEST_F(UnlockPresence, system_passcode_never_asks_for_a_finger) {
  const auto vault = at.make(DeviceSecurityType::system_passcode);
  vault->lock();
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(at.finger->asked, 0);
  EXPECT_EQ(at.password->asked, 2);
}

TEST_F(UnlockPresence, without_a_presence_such_a_vault_is_neither_made_nor_opened) {
  const CreateOptions options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  EXPECT_EQ(code_of(Vault::create(at.device.parts(at.medium), options, {})), Code::unsupported);
  at.make(options);
  auto vault = *Vault::open(at.device.parts(at.medium));
  EXPECT_EQ(code_of(vault->unlock({})), Code::unsupported);
  EXPECT_EQ(vault->status()->slots[0].problem->code, Code::unsupported);
}

TEST_F(UnlockPresence, a_scripted_presence_stands_for_nobody) {
  VaultParts parts = at.device.parts(at.medium);
  parts.presences.push_back(make_scripted_presence(std::make_shared<PresenceScript>()));
  const CreateOptions options = GuardedDevice::options(DeviceSecurityType::both, {SlotKind::in_memory});
  EXPECT_EQ(code_of(Vault::create(std::move(parts), options, {})), Code::unsupported);
}

TEST_F(UnlockPresence, a_user_who_says_no_to_creating_leaves_no_vault_and_no_key) {
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::user_cancelled); };
  const CreateOptions options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  EXPECT_EQ(code_of(Vault::create(at.parts(), options, {})), Code::user_cancelled);
  EXPECT_EQ(code_of(Vault::open(at.parts())), Code::not_found);
}

TEST_F(UnlockPresence, status_says_that_it_is_presence_only) {
  const auto status = at.make()->status();
  EXPECT_EQ(status->protection.type, VaultType::device_security);
  EXPECT_EQ(status->level, SecurityLevel::software);
  EXPECT_EQ(status->presence, PresenceStrength::weak);
  EXPECT_FALSE(status->is_key_bound);
}

TEST_F(UnlockPresence, below_the_minimum_nobody_is_asked) {
  CreateOptions options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  options.protection.minimum_presence = PresenceStrength::strong;
  at.finger->strength = PresenceStrength::strong;  // the key of this slot is in software: weak all the same
  EXPECT_EQ(code_of(Vault::create(at.parts(), options, {})), Code::unsupported);
  EXPECT_EQ(at.finger->asked, 0);
}

// --- enrolment ---

TEST_F(UnlockPresence, an_added_finger_opens_nothing_until_the_vault_was_opened_otherwise) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->set("session/refresh", value_of("rt1_a")).has_value());
  vault->lock();
  at.add_finger();
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_invalidated);
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_invalidated);
  EXPECT_EQ(code_of(vault->check_slot(1, {})), Code::key_invalidated);
  EXPECT_TRUE(vault->is_locked());
  ASSERT_TRUE(vault->unlock(answering("correct horse"), 2).has_value());
  EXPECT_EQ(text_of(vault->get("session/refresh")), "rt1_a");
  vault->lock();
  EXPECT_TRUE(vault->unlock({}).has_value());
}

TEST_F(UnlockPresence, when_the_policy_says_so_sessions_are_dropped_and_nothing_else) {
  CreateOptions options =
      GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory, SlotKind::passcode});
  options.protection.on_enrolment_change = OnEnrolmentChange::refuse_and_drop;
  const auto vault = at.make(options);
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(vault->set("session/" + std::to_string(i), value_of("rt")).has_value());
  ASSERT_TRUE(vault->set("latchkey/session", value_of("rt")).has_value());  // where the session module keeps it
  ASSERT_TRUE(vault->set("settings", value_of("kept")).has_value());
  vault->lock();
  at.add_finger();
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_invalidated);
  ASSERT_TRUE(vault->unlock(answering("correct horse"), 2).has_value());
  EXPECT_TRUE(vault->list("session/")->empty());
  EXPECT_TRUE(vault->list("latchkey/")->empty());
  EXPECT_EQ(text_of(vault->get("settings")), "kept");
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(UnlockPresence, a_policy_may_accept_other_fingers) {
  CreateOptions options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  options.protection.on_enrolment_change = OnEnrolmentChange::accept;
  const auto vault = at.make(options);
  vault->lock();
  at.add_finger();
  EXPECT_TRUE(vault->unlock({}).has_value());
}

TEST_F(UnlockPresence, the_enrolment_outlives_a_rotation) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->rotate().has_value());
  vault->lock();
  EXPECT_TRUE(vault->unlock({}).has_value());
  vault->lock();
  at.add_finger();
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_invalidated);
}

// --- one prompt ---

TEST_F(UnlockPresence, who_waits_for_another_s_prompt_can_leave_and_gets_its_answer_else) {
  const auto vault = at.make();
  vault->lock();
  at.finger->asked = 0;
  std::latch is_asking(1), may_answer(1);
  at.finger->answer = [&](const Prompt&) -> Status {
    if (at.finger->asked == 1) is_asking.count_down();
    may_answer.wait();
    return fail(Code::user_cancelled);
  };
  std::vector<std::jthread> callers;
  const auto call = [&] { EXPECT_EQ(code_of(vault->unlock({})), Code::user_cancelled); };
  callers.emplace_back(call);
  is_asking.wait();
  for (int i = 0; i < 3; ++i) callers.emplace_back(call);
  std::stop_source gives_up;
  std::jthread impatient([&] {
    Prompt prompt;
    prompt.stop = gives_up.get_token();
    EXPECT_EQ(code_of(vault->unlock(prompt)), Code::cancelled);
  });
  gives_up.request_stop();
  impatient.join();  // while the prompt is still open
  EXPECT_EQ(at.finger->asked, 1);
  may_answer.count_down();
  callers.clear();
}

TEST_F(UnlockPresence, the_prompt_can_be_cancelled) {
  const auto vault = at.make();
  vault->lock();
  std::stop_source source;
  source.request_stop();
  Prompt prompt;
  prompt.stop = source.get_token();
  EXPECT_EQ(code_of(vault->unlock(prompt)), Code::cancelled);
}

}  // namespace
}  // namespace latchkey::vault
