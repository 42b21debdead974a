#include "vault/exchange/export_vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/atomic_file.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/exchange/import_file.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

class ExportVault : public ::testing::Test {
 protected:
  Device device;
  TemporaryFolder folder;
  age::Identity identity = age::Identity::generate();

  std::unique_ptr<Vault> make(std::string_view name) {
    return make_vault(device, folder.file(name), with_slots({SlotKind::in_memory}));
  }
  ExportLock for_identity() const {
    ExportLock lock;
    lock.recipients = {identity.public_key()};
    return lock;
  }
  FileImport by_identity() const {
    FileImport import;
    import.keys.identities.push_back(*age::Identity::from_private(identity.reveal_private()));
    return import;
  }
  static void fill(Vault& vault) {
    EXPECT_TRUE(vault.set("a", value_of("1"), RecordKind::text).has_value());
    EXPECT_TRUE(vault.set("b/raw", value_of("\xff\x01"), RecordKind::bytes).has_value());
    EXPECT_TRUE(vault.set("c", value_of("[1]"), RecordKind::json).has_value());
  }
};

TEST_F(ExportVault, another_vault_gets_the_same_records_back) {
  const auto first = make("first.vault");
  fill(*first);
  ASSERT_EQ(export_to_file(*first, for_identity(), device.clock.now(), folder.file("out.age")).value_or(0), 3U);
  const auto second = make("second.vault");
  const auto report = import_file(*second, folder.file("out.age"), by_identity());
  ASSERT_TRUE(report.has_value()) << to_string(report.error());
  EXPECT_EQ(*report->format, SourceFormat::latchkey);
  EXPECT_EQ(text_of(second->get("a")), "1");
  EXPECT_EQ(text_of(second->get("b/raw")), "\xff\x01");
  EXPECT_EQ(second->get_info("b/raw")->kind, RecordKind::bytes);
  EXPECT_EQ(second->get_info("c")->kind, RecordKind::json);
  EXPECT_EQ(second->list()->size(), 3U);
}

TEST_F(ExportVault, the_file_is_private_encrypted_and_never_replaces_another) {
  const auto vault = make("v.vault");
  ASSERT_TRUE(vault->set("canary-name", value_of("canary-value")).has_value());
  const auto path = folder.file("out.age");
  ASSERT_TRUE(export_to_file(*vault, for_identity(), device.clock.now(), path).has_value());
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto bytes = read_file(path, 1 << 20);
  EXPECT_EQ(as_text(*bytes).find("canary"), std::string_view::npos);
  EXPECT_EQ(code_of(export_to_file(*vault, for_identity(), device.clock.now(), path)), Code::already_exists);
  EXPECT_TRUE(std::ranges::equal(*read_file(path, 1 << 20), *bytes));
}

TEST_F(ExportVault, a_passphrase_opens_it_and_a_wrong_one_changes_nothing) {
  const auto first = make("first.vault");
  fill(*first);
  ExportLock lock;
  lock.passphrase = age::Passphrase::copy_of("tree frog");
  lock.work_factor = 1;
  lock.encoding = age::Encoding::armor;
  ASSERT_TRUE(export_to_file(*first, lock, device.clock.now(), folder.file("out.age")).has_value());
  const auto second = make("second.vault");
  FileImport import;
  import.keys.ask_passphrase = []() -> Result<age::Passphrase> { return age::Passphrase::copy_of("wrong"); };
  EXPECT_EQ(code_of(import_file(*second, folder.file("out.age"), import)), Code::wrong_passcode);
  EXPECT_TRUE(second->list()->empty());
  import.keys.ask_passphrase = []() -> Result<age::Passphrase> { return age::Passphrase::copy_of("tree frog"); };
  ASSERT_TRUE(import_file(*second, folder.file("out.age"), import).has_value());
  EXPECT_EQ(second->list()->size(), 3U);
}

TEST_F(ExportVault, no_damage_to_the_file_lets_any_record_in) {
  const auto first = make("first.vault");
  fill(*first);
  Bytes file;
  ASSERT_TRUE(export_vault(*first, for_identity(), device.clock.now(), [&](ByteView piece) -> Status {
                append(file, piece);
                return {};
              }).has_value());
  const FileImport import = by_identity();
  for (std::size_t at = 0; at < file.size(); ++at) {
    file[at] ^= 1;
    EXPECT_FALSE(read_source(file, SourceFormat::latchkey, import.keys).has_value()) << at;
    file[at] ^= 1;
    EXPECT_FALSE(read_source(ByteView(file).first(at), SourceFormat::latchkey, import.keys).has_value()) << at;
  }
}

TEST_F(ExportVault, a_vault_that_changes_meanwhile_is_not_exported_half) {
  const auto vault = make("v.vault");
  fill(*vault);
  bool has_changed = false;
  const auto exported = export_vault(*vault, for_identity(), device.clock.now(), [&](ByteView) -> Status {
    if (!std::exchange(has_changed, true)) return vault->set("d", value_of("late"));
    return {};
  });
  // The header is written before the first record is read: that change is in. One that comes later is refused.
  ASSERT_TRUE(exported.has_value());
  EXPECT_EQ(*exported, 4U);
  int pieces = 0;
  ASSERT_TRUE(vault->set("big", RecordValue::zeroed(500'000)).has_value());
  EXPECT_EQ(code_of(export_vault(
                *vault, for_identity(), device.clock.now(),
                [&](ByteView) -> Status { return ++pieces == 2 ? vault->set("e", value_of("late")) : Status(); })),
            Code::conflict);
}

TEST_F(ExportVault, a_failing_write_or_a_locked_vault_leaves_no_file) {
  const auto vault = make("v.vault");
  fill(*vault);
  EXPECT_EQ(code_of(export_vault(*vault, for_identity(), device.clock.now(),
                                 [](ByteView) -> Status { return fail(Code::storage_full); })),
            Code::storage_full);
  ExportLock both = for_identity();
  both.passphrase = age::Passphrase::copy_of("x");
  EXPECT_EQ(code_of(export_to_file(*vault, both, device.clock.now(), folder.file("out.age"))), Code::invalid_argument);
  vault->lock();
  EXPECT_EQ(code_of(export_to_file(*vault, for_identity(), device.clock.now(), folder.file("out.age"))),
            Code::vault_locked);
  EXPECT_FALSE(std::filesystem::exists(folder.file("out.age")));
  for (const auto& entry : std::filesystem::directory_iterator(folder.file(".")))
    EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_F(ExportVault, a_record_that_ends_and_asks_comes_back_so) {
  const auto first = make_vault(device, folder.file("first.vault"), with_slots({SlotKind::passcode}));
  const Instant end = device.clock.now() + std::chrono::hours(1);
  for (const char* name : {"x", "y", "z"})
    ASSERT_TRUE(first->set(name, value_of(name), RecordOptions{.expires_at = end, .is_ask_every_time = true}));
  const auto into_file = [&] {
    return code_of(export_to_file(*first, for_identity(), device.clock.now(), folder.file("out.age")));
  };
  EXPECT_EQ(into_file(), Code::reauthentication_required);
  EXPECT_FALSE(std::filesystem::exists(folder.file("out.age")));
  ASSERT_TRUE(first->authenticate(testing::answering("correct horse")));
  EXPECT_EQ(into_file(), Code{});  // one authentication for all three
  EXPECT_EQ(code_of(first->get("x")), Code::reauthentication_required);

  const auto second = make_vault(device, folder.file("second.vault"), with_slots({SlotKind::passcode}));
  ASSERT_TRUE(import_file(*second, folder.file("out.age"), by_identity()).has_value());
  const auto info = second->get_info("y");
  ASSERT_TRUE(info.has_value());
  EXPECT_TRUE(info->is_ask_every_time);
  EXPECT_EQ(info->expires_at, end);
  EXPECT_EQ(code_of(second->get("y")), Code::reauthentication_required);
  ASSERT_TRUE(second->authenticate(testing::answering("correct horse")));
  EXPECT_EQ(text_of(second->get("y")), "y");
}

TEST_F(ExportVault, an_import_over_records_that_ask_authenticates_once_to_the_end) {
  const auto vault = make_vault(device, folder.file("v.vault"), with_slots({SlotKind::passcode}));
  for (const char* name : {"x", "y"})
    ASSERT_TRUE(vault->set(name, value_of(name), RecordOptions{.is_ask_every_time = true}));
  ASSERT_TRUE(vault->authenticate(testing::answering("correct horse")));
  ASSERT_TRUE(export_to_file(*vault, for_identity(), device.clock.now(), folder.file("out.age")).has_value());
  FileImport import = by_identity();
  import.after = SourceAfter::remove;
  EXPECT_EQ(code_of(import_file(*vault, folder.file("out.age"), import)), Code::reauthentication_required);
  ASSERT_TRUE(vault->authenticate(testing::answering("correct horse")));
  const auto report = import_file(*vault, folder.file("out.age"), import);
  ASSERT_TRUE(report.has_value()) << to_string(report.error());
  EXPECT_TRUE(report->is_source_removed);
  EXPECT_EQ(report->outcomes.front().outcome, ImportOutcome::unchanged);
}

TEST_F(ExportVault, thousands_of_records_come_through) {
  const auto first = make("first.vault");
  std::vector<Change> changes;
  changes.reserve(3000);
  for (int i = 0; i < 3000; ++i) changes.push_back({"name/" + std::to_string(i), value_of(std::to_string(i))});
  ASSERT_TRUE(first->apply(changes).has_value());
  ASSERT_EQ(export_to_file(*first, for_identity(), device.clock.now(), folder.file("out.age")).value_or(0), 3000U);
  const auto second = make("second.vault");
  ASSERT_TRUE(import_file(*second, folder.file("out.age"), by_identity()).has_value());
  EXPECT_EQ(second->list()->size(), 3000U);
  EXPECT_EQ(text_of(second->get("name/2999")), "2999");
}

}  // namespace
}  // namespace latchkey::vault
