// Fresh, restored elsewhere, invalidated, locked or unavailable, corrupted: five different answers, each by really
// producing the situation.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "sqlite/connection.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/record_stores/vault_database.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
namespace fs = std::filesystem;

class OpenAnswers : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  fs::path file = folder.file();
  Device device;

  void make(std::initializer_list<SlotKind> kinds) {
    const auto vault = make_vault(device, file, with_slots(kinds));
    ASSERT_TRUE(vault->set("token", value_of("secret")).has_value());
  }
  State look(const Device& from) {
    const auto status = Vault::look(from.parts(file));
    EXPECT_TRUE(status.has_value()) << to_string(status.error());
    return status->state;
  }
  std::string contents() {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(OpenAnswers, fresh_when_there_is_no_file) {
  EXPECT_EQ(look(device), State::fresh);
  EXPECT_EQ(code_of(Vault::open(device.parts(file))), Code::not_found);
  EXPECT_FALSE(fs::exists(file));  // looking makes nothing
}

TEST_F(OpenAnswers, locked_when_a_slot_can_be_tried) {
  make({SlotKind::in_memory});
  EXPECT_EQ(look(device), State::locked);
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(OpenAnswers, restored_elsewhere_when_the_file_is_put_on_another_device) {
  make({SlotKind::in_memory});
  Device other{.identity = testing::other_device, .keys = make_memory_keys(), .clock = ManualClock()};
  EXPECT_EQ(look(other), State::restored_elsewhere);
  const auto vault = open_vault(other, file);
  EXPECT_EQ(code_of(vault->unlock({})), Code::vault_restored_elsewhere);
}

TEST_F(OpenAnswers, restored_elsewhere_even_if_the_key_came_along) {
  make({SlotKind::in_memory});
  Device other{.identity = testing::other_device, .keys = device.keys, .clock = ManualClock()};
  EXPECT_EQ(code_of(open_vault(other, file)->unlock({})), Code::vault_restored_elsewhere);
}

TEST_F(OpenAnswers, a_portable_slot_opens_a_restored_vault_and_adopts_it) {
  make({SlotKind::in_memory, SlotKind::passcode});
  Device other{.identity = testing::other_device, .keys = make_memory_keys(), .clock = ManualClock()};
  const auto vault = open_vault(other, file);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_TRUE(vault->status()->is_other_device);
  EXPECT_EQ(text_of(vault->get("token")), "secret");
  ASSERT_TRUE(vault->adopt_device().has_value());
  EXPECT_FALSE(vault->status()->is_other_device);
  EXPECT_EQ(look(device), State::restored_elsewhere);
}

TEST_F(OpenAnswers, invalidated_when_every_key_is_gone_for_good) {
  make({SlotKind::in_memory});
  lose_all(*device.keys);
  EXPECT_EQ(look(device), State::invalidated);
  EXPECT_EQ(code_of(open_vault(device, file)->unlock({})), Code::key_missing);
}

TEST_F(OpenAnswers, invalidated_after_an_enrolment_change) {
  make({SlotKind::in_memory});
  invalidate_all(*device.keys);
  EXPECT_EQ(look(device), State::invalidated);
  EXPECT_EQ(code_of(open_vault(device, file)->unlock({})), Code::key_invalidated);
}

TEST_F(OpenAnswers, unavailable_while_the_key_store_does_not_answer_and_nothing_is_lost) {
  make({SlotKind::in_memory});
  set_available(*device.keys, false);
  EXPECT_EQ(look(device), State::temporarily_unavailable);
  const auto vault = open_vault(device, file);
  EXPECT_EQ(code_of(vault->unlock({})), Code::temporarily_unavailable);
  set_available(*device.keys, true);
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(text_of(vault->get("token")), "secret");
}

TEST_F(OpenAnswers, unavailable_while_another_process_holds_the_file) {
  make({SlotKind::in_memory});
  auto holder = sqlite::Connection::open(file, {.access = sqlite::Access::read_write, .page_digest = digest_page});
  ASSERT_TRUE(holder->exec("PRAGMA locking_mode=EXCLUSIVE;BEGIN EXCLUSIVE").has_value());
  auto parts = device.parts(make_sqlite_record_store(file, {.busy_timeout = std::chrono::milliseconds(1)}));
  const auto status = Vault::look(std::move(parts));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->state, State::temporarily_unavailable);
}

TEST_F(OpenAnswers, corrupted_when_the_file_is_empty_or_not_ours) {
  for (const std::string_view content : {"", "not a database, but long enough to be read as one ..."}) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    EXPECT_EQ(look(device), State::corrupted);
    EXPECT_EQ(code_of(Vault::open(device.parts(file))), Code::vault_corrupted);
    EXPECT_EQ(code_of(Vault::create(device.parts(file), with_slots({SlotKind::in_memory}), {})), Code::already_exists);
    EXPECT_EQ(contents(), content);  // never overwritten
  }
}

TEST_F(OpenAnswers, corrupted_when_it_is_somebody_else_s_database) {
  {
    auto connection = sqlite::Connection::open(file, {.page_digest = digest_page});
    ASSERT_TRUE(connection->exec("CREATE TABLE parts(x)").has_value());
  }
  EXPECT_EQ(look(device), State::corrupted);
}

TEST_F(OpenAnswers, corrupted_when_a_trigger_was_planted) {
  make({SlotKind::in_memory});
  {
    auto connection = sqlite::Connection::open(file, {.page_digest = digest_page});
    ASSERT_TRUE(connection->exec("CREATE TRIGGER t AFTER INSERT ON parts BEGIN DELETE FROM parts; END").has_value());
  }
  EXPECT_EQ(look(device), State::corrupted);
}

TEST_F(OpenAnswers, a_later_version_is_no_damage) {
  make({SlotKind::in_memory});
  {
    auto connection = sqlite::Connection::open(file, {.page_digest = digest_page});
    ASSERT_TRUE(connection->exec("PRAGMA user_version=2").has_value());
  }
  EXPECT_EQ(code_of(Vault::open(device.parts(file))), Code::future_version);
  EXPECT_EQ(code_of(Vault::create(device.parts(file), with_slots({SlotKind::in_memory}), {})), Code::already_exists);
}

TEST_F(OpenAnswers, an_unreadable_folder_is_neither_fresh_nor_damaged) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  make({SlotKind::in_memory});
  fs::permissions(file.parent_path(), fs::perms::none);
  EXPECT_EQ(code_of(Vault::look(device.parts(file))), Code::permission_denied);
  fs::permissions(file.parent_path(), fs::perms::owner_all);
}

TEST_F(OpenAnswers, destroying_a_damaged_vault_makes_room_for_a_new_one) {
  std::ofstream(file, std::ios::binary) << "damaged";
  ASSERT_TRUE(device.parts(file).records->destroy().has_value());
  EXPECT_EQ(look(device), State::fresh);
  make({SlotKind::in_memory});
  EXPECT_EQ(look(device), State::locked);
}

TEST_F(OpenAnswers, a_vault_destroyed_by_another_process_is_fresh_to_this_one) {
  make({SlotKind::in_memory});
  const auto here = open_vault(device, file);
  ASSERT_TRUE(here->unlock({}).has_value());
  ASSERT_TRUE(open_vault(device, file)->destroy().has_value());
  EXPECT_EQ(code_of(here->set("a", value_of("1"))), Code::not_found);
}

}  // namespace
}  // namespace latchkey::vault
