// The floor in a real vault file, beside a device with real folders: what its documentation promises an app.
#include "update/floors/vault_floor_copy.h"

#include <gtest/gtest.h>

#include "http/server/loopback_client.h"
#include "tests/support/update/test_device.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace latchkey::update {
namespace {

using testing::AppRepository;
using testing::TestDevice;

class FloorInVault : public ::testing::Test {
 protected:
  void SetUp() override {
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::in_memory, "test"}};
    vault_ = vault::Vault::create(parts(), options, {}).value();
    copy_ = std::make_unique<VaultFloorCopy>(*vault_, AppRepository::app,
                                             [this](const Error& error) { missed_.push_back(error.code); });
    device.config.floor_copy = copy_.get();
  }
  vault::VaultParts parts() {
    vault::VaultParts made{
        vault::make_sqlite_record_store(folder_.path() / "app.vault"), {}, vault::make_fixed_identity({}), clock_};
    made.key_stores.push_back(vault::make_memory_key_store(keys_));
    return made;
  }
  // As an app that is started anew has it.
  void reopen_vault() {
    copy_.reset();
    vault_.reset();
    vault_ = vault::Vault::open(parts()).value();
    ASSERT_TRUE(vault_->unlock({}));
    copy_ = std::make_unique<VaultFloorCopy>(*vault_, AppRepository::app);
    device.config.floor_copy = copy_.get();
  }
  std::vector<std::string> story() {
    std::vector<std::string> told;
    for (const Happening& one : device.engine().take_happenings()) told.emplace_back(name_of(one.kind));
    return told;
  }
  Floor kept() { return parse_floor(vault_->get(floor_record_of(AppRepository::app)).value().reveal()).value(); }

  AppRepository repository{from_unix_seconds(1'800'000'000)};
  http::LoopbackClient client{repository.router};
  TestDevice device{repository, client};
  latchkey::testing::TemporaryFolder folder_;
  std::shared_ptr<vault::MemoryKeys> keys_ = vault::make_memory_keys();
  ManualClock clock_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<VaultFloorCopy> copy_;
  std::vector<Code> missed_;
};

TEST_F(FloorInVault, is_what_the_state_knows_after_every_check) {
  device.start();
  EXPECT_FALSE(*copy_->load());
  repository.publish(1);
  device.update();
  EXPECT_EQ(kept(), floor_of(device.engine().state()));
  EXPECT_EQ(vault_->get_info("latchkey/update-floor/com.example.shop")->kind, vault::RecordKind::bytes);
}

TEST_F(FloorInVault, tells_that_the_whole_folder_was_put_back_and_nothing_old_is_believed) {
  repository.publish(1);
  device.start();
  device.update();
  const auto metadata = repository.metadata, targets = repository.targets;
  device.stop();
  const auto before = device.data().parent_path() / "before";
  std::filesystem::copy(device.data(), before, std::filesystem::copy_options::recursive);
  repository.publish(2);
  device.start();
  device.update();
  device.stop();

  std::filesystem::remove_all(device.data());
  std::filesystem::rename(before, device.data());
  reopen_vault();
  repository.metadata = metadata;
  repository.targets = targets;
  device.start();
  ASSERT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_EQ(device.last.error->code, Code::metadata_rolled_back);
  EXPECT_EQ(story(), std::vector<std::string>{"state_older"});
  EXPECT_EQ(device.check(), CheckKind::no_answer);
  EXPECT_TRUE(story().empty()) << "it is told once";
  repository.put_metadata();
  device.update();
  EXPECT_EQ(device.runs(), 2);
}

TEST_F(FloorInVault, that_agrees_with_the_folder_says_nothing) {
  repository.publish(1);
  device.start();
  device.update();
  device.stop();
  reopen_vault();
  device.start();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_TRUE(story().empty());
}

TEST_F(FloorInVault, of_a_vault_that_locked_waits_until_it_is_open) {
  repository.publish(1);
  device.start();
  device.update();
  const Floor before = kept();
  vault_->lock();
  repository.publish(2);
  device.update();
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(missed_, std::vector<Code>{Code::vault_locked}) << "told once";
  ASSERT_TRUE(vault_->unlock({}));
  EXPECT_EQ(kept(), before);
  EXPECT_EQ(device.check(), CheckKind::up_to_date);
  EXPECT_EQ(kept(), floor_of(device.engine().state()));
  EXPECT_NE(kept(), before);
}

TEST_F(FloorInVault, of_another_app_is_another_record) {
  EXPECT_NE(floor_record_of("com.example.shop"), floor_record_of("com.example.shop2"));
  VaultFloorCopy other(*vault_, "com.example.other");
  ASSERT_TRUE(copy_->save(print_floor({{{"root", 3}}, {}, {}})));
  EXPECT_FALSE(*other.load());
}

}  // namespace
}  // namespace latchkey::update
