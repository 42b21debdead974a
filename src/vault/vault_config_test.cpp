#include <gtest/gtest.h>

#include "tests/support/vault/failing_record_store.h"
#include "tests/support/vault/person_at_device.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::FailingRecordStore;
using testing::FailurePlan;
using testing::GuardedDevice;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

const VaultConfig to_passcode{.protection = {.type = VaultType::custom_passcode},
                              .new_slots = {{SlotKind::passcode, "mine"}}};
const VaultConfig to_biometrics{
    .protection = {.type = VaultType::device_security, .device_security = DeviceSecurityType::biometrics},
    .new_slots = {{SlotKind::in_memory, "device"}}};

class ConfigTest : public ::testing::Test {
 protected:
  GuardedDevice at;
  std::unique_ptr<Vault> make_storage() {
    CreateOptions options = with_slots({SlotKind::in_memory});
    options.protection.type = VaultType::secure_storage;
    auto vault = at.make(options);
    EXPECT_TRUE(vault->set("a", value_of("1")).has_value());
    return vault;
  }
};

TEST_F(ConfigTest, the_type_of_a_live_vault_changes_and_the_records_stay) {
  const auto vault = make_storage();
  std::vector<VaultType> heard;
  const auto observing =
      vault->observe({{}, {}, [&](const ConfigChangedEvent& event) { heard.push_back(event.protection.type); }});
  ASSERT_TRUE(vault->update_config(to_passcode, answering("battery staple")).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock({})), Code::user_cancelled);  // the device's key opens it no more
  ASSERT_TRUE(vault->unlock(answering("battery staple")).has_value());
  ASSERT_TRUE(vault->update_config(to_biometrics, {}).has_value());
  vault->lock();
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(at.finger->asked, 2);
  EXPECT_EQ(text_of(vault->get("a")), "1");
  EXPECT_EQ(vault->status()->slots.size(), 1U);
  EXPECT_EQ(heard, (std::vector{VaultType::custom_passcode, VaultType::device_security}));
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(ConfigTest, slots_that_are_kept_stay) {
  const auto vault = make_storage();
  VaultConfig config = to_biometrics;
  config.new_slots = {{SlotKind::passcode, "mine"}};
  config.kept_slots = {1};
  ASSERT_TRUE(vault->update_config(config, answering("battery staple")).has_value());
  EXPECT_EQ(vault->status()->slots.size(), 2U);
  config.kept_slots = {7};
  EXPECT_EQ(code_of(vault->update_config(config, answering("battery staple"))), Code::not_found);
}

TEST_F(ConfigTest, what_does_not_keep_the_type_s_promise_changes_nothing) {
  const auto vault = make_storage();
  VaultConfig config = to_passcode;
  config.kept_slots = {1};  // would open without the passcode
  EXPECT_EQ(code_of(vault->update_config(config, answering("battery staple"))), Code::invalid_argument);
  at.finger->is_enrolled = false;
  EXPECT_EQ(code_of(vault->update_config(to_biometrics, {})), Code::not_enrolled);
  EXPECT_EQ(code_of(vault->update_config({.protection = {}, .new_slots = {}}, {})), Code::invalid_argument);
  vault->lock();
  EXPECT_EQ(code_of(vault->update_config(to_passcode, answering("battery staple"))), Code::vault_locked);
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(vault->status()->protection.type, VaultType::secure_storage);
}

// The old protection opens it wholly, or the new one does.
void check_all_or_nothing(Vault& vault, bool is_changed, int step) {
  const auto status = vault.status();
  ASSERT_TRUE(status.has_value()) << step;
  EXPECT_EQ(status->slots.size(), 1U) << step;
  EXPECT_EQ(status->protection.type, is_changed ? VaultType::custom_passcode : VaultType::secure_storage) << step;
  ASSERT_TRUE((is_changed ? vault.unlock(answering("battery staple")) : vault.unlock({})).has_value()) << step;
  EXPECT_EQ(text_of(vault.get("a")), "1") << step;
  EXPECT_TRUE(vault.verify().has_value()) << step;
}

TEST_F(ConfigTest, failing_at_any_step_leaves_the_old_protection_or_the_new) {
  for (int step = 0;; ++step) {
    at.medium = make_memory_medium();
    make_storage();
    const auto plan = std::make_shared<FailurePlan>();
    auto vault =
        *Vault::open(at.parts(std::make_unique<FailingRecordStore>(make_memory_record_store(at.medium), plan)));
    ASSERT_TRUE(vault->unlock({}).has_value());
    plan->steps_left = step;
    const Status changed = vault->update_config(to_passcode, answering("battery staple"));
    plan->steps_left = -1;
    vault->lock();
    check_all_or_nothing(*vault, changed.has_value(), step);
    check_all_or_nothing(**Vault::open(at.parts()), changed.has_value(), step);
    if (changed) {
      EXPECT_GE(step, 5);  // a slot in, a slot out with its attempts, header, manifests, commit
      return;
    }
    EXPECT_EQ(changed.error().code, Code::storage_failed);
  }
}

TEST_F(ConfigTest, an_unlocked_vault_elsewhere_goes_on_with_the_new_protection) {
  const auto vault = make_storage();
  auto other = *Vault::open(at.parts());
  ASSERT_TRUE(other->unlock({}).has_value());
  ASSERT_TRUE(vault->update_config(to_passcode, answering("battery staple")).has_value());
  EXPECT_EQ(text_of(other->get("a")), "1");
  other->lock();
  EXPECT_TRUE(other->unlock(answering("battery staple")).has_value());
}

}  // namespace
}  // namespace latchkey::vault
