// Slots that go by themselves, and slots that may stop to open.
#include "vault/slot_rules.h"

#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::with_slots;

// A key in memory under another kind's name, for a device that is not here.
class Renamed final : public KeyStore {
 public:
  Renamed(SlotKind kind, std::shared_ptr<MemoryKeys> keys)
      : kind_(kind), real_(make_memory_key_store(std::move(keys))) {}
  SlotKind kind() const override { return kind_; }
  SecurityLevel level() const override { return real_->level(); }
  Portability portability() const override { return real_->portability(); }
  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    return real_->wrap(key, binding, prompt);
  }
  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    return real_->unwrap(wrapped, binding, prompt);
  }
  Status probe(const WrappedKey& wrapped) override { return real_->probe(wrapped); }
  Status forget(const WrappedKey& wrapped) override { return real_->forget(wrapped); }
  bool needs_recovery_slot(const WrappedKey&) const override { return kind_ == SlotKind::tpm2; }

 private:
  SlotKind kind_;
  std::unique_ptr<KeyStore> real_;
};

class SlotRules : public ::testing::Test {
 protected:
  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::shared_ptr<MemoryKeys> session = make_memory_keys();

  VaultParts parts() {
    VaultParts made = device.parts(medium);
    made.key_stores.push_back(std::make_unique<Renamed>(SlotKind::kernel_keyring, session));
    made.key_stores.push_back(std::make_unique<Renamed>(SlotKind::tpm2, device.keys));
    return made;
  }
  Result<std::unique_ptr<Vault>> make(std::initializer_list<SlotKind> kinds) {
    return Vault::create(parts(), with_slots(kinds), answering("correct horse"));
  }
};

TEST_F(SlotRules, a_shortcut_alone_is_no_vault) {
  EXPECT_EQ(code_of(make({SlotKind::kernel_keyring})), Code::invalid_argument);
  EXPECT_EQ(code_of(Vault::open(parts())), Code::not_found);
}

TEST_F(SlotRules, a_shortcut_is_tried_first_and_when_it_is_gone_the_vault_is_only_locked) {
  const auto vault = make({SlotKind::passcode, SlotKind::kernel_keyring});
  ASSERT_TRUE(vault.has_value());
  (*vault)->lock();
  ASSERT_TRUE((*vault)->unlock({}).has_value());  // nobody is asked
  EXPECT_EQ((*vault)->status()->unlocked_by, 2U);
  EXPECT_EQ(code_of((*vault)->remove_slot(1)), Code::slot_in_use);
  (*vault)->lock();
  lose_all(*session);
  EXPECT_EQ((*vault)->status()->state, State::locked);
  ASSERT_TRUE((*vault)->unlock(answering("correct horse")).has_value());
  EXPECT_TRUE((*vault)->remove_slot(2).has_value());
}

TEST_F(SlotRules, a_shortcut_proves_nobody_even_when_it_is_named) {
  const auto vault = make({SlotKind::passcode, SlotKind::kernel_keyring});
  ASSERT_TRUE(vault.has_value());
  EXPECT_EQ(code_of((*vault)->authenticate({}, 2)), Code::invalid_argument);
  (*vault)->lock();
  EXPECT_EQ(code_of((*vault)->accept_rollback({}, 2)), Code::invalid_argument);
  EXPECT_TRUE((*vault)->is_locked());
}

TEST_F(SlotRules, a_shortcut_does_not_hide_that_every_other_key_is_gone) {
  const auto vault = make({SlotKind::in_memory, SlotKind::kernel_keyring});
  ASSERT_TRUE(vault.has_value());
  (*vault)->lock();
  lose_all(*device.keys);
  EXPECT_EQ((*vault)->status()->state, State::locked);  // while the shortcut lasts
  lose_all(*session);
  EXPECT_EQ((*vault)->status()->state, State::invalidated);
}

TEST_F(SlotRules, a_slot_that_watches_the_boot_keeps_a_portable_one_beside_it) {
  EXPECT_EQ(code_of(make({SlotKind::tpm2})), Code::invalid_argument);
  EXPECT_EQ(code_of(make({SlotKind::tpm2, SlotKind::in_memory})), Code::invalid_argument);
  const auto vault = make({SlotKind::tpm2, SlotKind::passcode});
  ASSERT_TRUE(vault.has_value());
  EXPECT_EQ(code_of((*vault)->remove_slot(2)), Code::slot_in_use);
  ASSERT_TRUE((*vault)->add_slot({SlotKind::passcode, "second"}, answering("another one")).has_value());
  EXPECT_TRUE((*vault)->remove_slot(2).has_value());
}

TEST_F(SlotRules, such_a_slot_is_not_added_to_a_vault_without_one) {
  const auto vault = make({SlotKind::in_memory});
  ASSERT_TRUE(vault.has_value());
  EXPECT_EQ(code_of((*vault)->add_slot({SlotKind::tpm2, ""}, {})), Code::invalid_argument);
  EXPECT_EQ((*vault)->status()->slots.size(), 1U);
}

}  // namespace
}  // namespace latchkey::vault
