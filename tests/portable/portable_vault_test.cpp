// A vault of the core alone: the slots that need nothing of a system, and one that a shell brings.
#include <gtest/gtest.h>

#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/recovery_code_key_store.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::text_of;
using testing::value_of;

class PortableVault : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder;
  testing::Device device;
  std::string recovery_code;

  // A shell adds its key stores to this list.
  VaultParts parts() const {
    std::vector<std::unique_ptr<KeyStore>> stores;
    stores.push_back(make_passcode_key_store(crypto::argon2_min_cost));
    stores.push_back(make_recovery_code_key_store());
    stores.push_back(make_memory_key_store(device.keys));
    return {make_sqlite_record_store(folder.file()), std::move(stores), make_fixed_identity(device.identity),
            device.clock};
  }
  Prompt answering(const std::string& text) {
    Prompt prompt = testing::answering(text);
    prompt.show_recovery_code = [this](const RecoveryCode& code) -> Status {
      recovery_code = code.reveal_text();
      return {};
    };
    return prompt;
  }
};

TEST_F(PortableVault, opens_by_each_of_its_slots) {
  const auto options = testing::with_slots({SlotKind::passcode, SlotKind::recovery_code, SlotKind::in_memory});
  {
    const auto made = Vault::create(parts(), options, answering("correct horse"));
    ASSERT_TRUE(made) << to_string(made.error());
    ASSERT_TRUE((*made)->set("session/refresh", value_of("rt1_x")));
  }
  for (const std::uint32_t slot : {1U, 2U, 3U}) {
    const auto vault = Vault::open(parts());
    ASSERT_TRUE(vault);
    ASSERT_TRUE((*vault)->unlock(answering(slot == 2 ? recovery_code : "correct horse"), slot)) << slot;
    EXPECT_EQ(text_of((*vault)->get("session/refresh")), "rt1_x");
  }
}

TEST_F(PortableVault, asks_a_store_of_checkpoints_that_a_shell_brings) {
  const auto server = std::make_shared<testing::CheckpointServer>();
  const auto with_store = [&] {
    VaultParts made = parts();
    made.checkpoints = std::make_unique<testing::MemoryCheckpoints>(server);
    return made;
  };
  {
    const auto vault = Vault::create(with_store(), testing::with_slots({SlotKind::in_memory}), {}).value();
    ASSERT_TRUE(vault->set("latchkey/session", value_of("alice")));
    ASSERT_EQ(code_of(vault->set_checkpoint(CheckpointRule::required)), Code{});
  }
  std::filesystem::copy_file(folder.file(), folder.file("kept"));
  {
    const auto vault = Vault::open(with_store()).value();
    ASSERT_EQ(code_of(vault->unlock({})), Code{});
    ASSERT_TRUE(vault->set("a", value_of("newer")));
    ASSERT_EQ(code_of(vault->checkpoint()), Code{});
  }
  std::filesystem::copy_file(folder.file("kept"), folder.file(), std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(code_of(Vault::open(with_store()).value()->unlock({})), Code::vault_rolled_back);
}

TEST_F(PortableVault, lists_a_slot_of_another_platform_and_says_that_it_cannot_open_it) {
  const auto vault = Vault::create(parts(), testing::with_slots({SlotKind::passcode}), answering("correct horse"));
  ASSERT_TRUE(vault);
  EXPECT_EQ(code_of((*vault)->add_slot({SlotKind::tpm2, "laptop"}, answering("1234"))), Code::unsupported);
  EXPECT_TRUE((*vault)->set("still", value_of("works")));
}

}  // namespace
}  // namespace latchkey::vault
