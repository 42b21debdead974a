#include "update/floors/vault_recipient.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace latchkey::update {
namespace {

class RecipientInVault : public ::testing::Test {
 protected:
  void SetUp() override {
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::in_memory, "test"}};
    vault::VaultParts parts{
        vault::make_sqlite_record_store(folder_.path() / "app.vault"), {}, vault::make_fixed_identity({}), clock_};
    parts.key_stores.push_back(vault::make_memory_key_store(vault::make_memory_keys()));
    vault_ = vault::Vault::create(std::move(parts), options, {}).value();
  }
  latchkey::testing::TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<vault::Vault> vault_;
};

TEST_F(RecipientInVault, is_made_once_and_is_of_one_app) {
  EXPECT_FALSE(*find_vault_recipient(*vault_, "com.example.shop"));
  const auto made = open_vault_recipient(*vault_, "com.example.shop");
  ASSERT_TRUE(made);
  EXPECT_EQ((*find_vault_recipient(*vault_, "com.example.shop"))->public_key(), made->public_key());
  EXPECT_EQ(open_vault_recipient(*vault_, "com.example.shop")->public_key(), made->public_key());
  EXPECT_FALSE(*find_vault_recipient(*vault_, "com.example.other"));
}

TEST_F(RecipientInVault, that_is_no_key_is_told_and_one_that_is_locked_away_is_not_made_anew) {
  ASSERT_TRUE(vault_->set(recipient_record_of("a"), vault::RecordValue::copy_of(Bytes(31, 7))));
  EXPECT_EQ(open_vault_recipient(*vault_, "a").error().code, Code::storage_corrupted);
  vault_->lock();
  EXPECT_EQ(open_vault_recipient(*vault_, "b").error().code, Code::vault_locked);
}

}  // namespace
}  // namespace latchkey::update
