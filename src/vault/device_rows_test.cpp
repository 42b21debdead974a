// The known weaknesses of vaults and biometric plugins on devices, each as a test of what this vault does instead. The
// table of rows, tests and limits: docs/threat-model.md, "Known weaknesses of device vaults".
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/vault/failing_record_store.h"
#include "tests/support/vault/person_at_device.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/tpm2_key_store.h"
#include "vault/memory_vault.h"
#include "vault/rollback_anchors/memory_rollback_anchor.h"
#include "vault/user_presences/scripted_presence.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::GuardedDevice;
using testing::make_vault;
using testing::open_vault;
using testing::SoftwareTpm;
using testing::TemporaryFolder;
using testing::text_of;
using testing::value_of;
using testing::with_slots;
namespace fs = std::filesystem;

constexpr std::string_view row_canary = "rt1_canary_of_the_device_rows";

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class DeviceRow : public ::testing::Test {
 protected:
  GuardedDevice at;
  TemporaryFolder folder;
  fs::path file = folder.file();

  Status edit(const WriteWork& work) const { return make_memory_record_store(at.medium)->write(work); }
};

TEST_F(DeviceRow, row_1_a_forced_yes_releases_nothing_that_the_key_does_not) {
  const auto vault = at.make();  // its recogniser says yes to everything, as a hooked one would
  ASSERT_TRUE(vault->set("token", value_of(row_canary)).has_value());
  vault->lock();
  lose_all(*at.device.keys);
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_missing);
  EXPECT_EQ(code_of(vault->get("token")), Code::vault_locked);
  EXPECT_FALSE(vault->status()->is_key_bound);  // and where the yes is all there is, that is said
}

TEST_F(DeviceRow, row_2_there_is_no_way_to_read_past_the_prompt) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->set("token", value_of(row_canary)).has_value());
  vault->lock();
  at.finger->answer = [](const Prompt&) -> Status { return fail(Code::user_cancelled); };
  EXPECT_EQ(code_of(vault->unlock({})), Code::user_cancelled);
  EXPECT_EQ(code_of(vault->unlock({}, 1)), Code::user_cancelled);
  EXPECT_EQ(code_of(vault->get("token")), Code::vault_locked);
  EXPECT_EQ(code_of(vault->list()), Code::vault_locked);
  EXPECT_EQ(code_of(vault->use_value("token", [](const RecordValue&) { return Status(); })), Code::vault_locked);
}

TEST_F(DeviceRow, row_3_no_weaker_protection_is_taken_silently) {
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.minimum_level = SecurityLevel::trusted_hardware;
  EXPECT_EQ(code_of(Vault::create(at.parts(), options, {})), Code::unsupported);
  options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  options.protection.minimum_presence = PresenceStrength::strong;
  EXPECT_EQ(code_of(Vault::create(at.parts(), options, {})), Code::unsupported);
  options.protection.minimum_presence = PresenceStrength::weak;
  const auto status = at.make(options)->status();
  EXPECT_EQ(status->level, SecurityLevel::software);  // what was achieved
  EXPECT_EQ(status->presence, PresenceStrength::weak);
}

TEST_F(DeviceRow, row_4_a_finger_added_by_who_knows_the_passcode_opens_nothing) {
  const auto vault = at.make();
  vault->lock();
  at.add_finger();
  EXPECT_EQ(code_of(vault->unlock({})), Code::key_invalidated);
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(DeviceRow, row_5_there_is_no_fallback_that_was_not_chosen) {
  const auto vault = at.make(DeviceSecurityType::biometrics);
  vault->lock();
  for (const Code refusal : {Code::user_cancelled, Code::locked_out, Code::not_enrolled, Code::presence_timeout}) {
    at.finger->answer = [refusal](const Prompt&) -> Status { return fail(refusal); };
    EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), refusal);
  }
  EXPECT_EQ(at.password->asked, 0);
}

TEST_F(DeviceRow, row_6_a_key_that_outlived_its_vault_is_not_taken_over_by_the_next) {
  make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  fs::copy_file(file, folder.file("old"));
  fs::remove(file);  // the app was removed; the keyring was not
  EXPECT_EQ(Vault::look(at.device.parts(file))->state, State::fresh);
  const auto again = make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(again->destroy().has_value());  // removes its own key and not that of the old one
  EXPECT_TRUE(open_vault(at.device, folder.file("old"))->unlock({}).has_value());
}

TEST_F(DeviceRow, row_7_a_restored_backup_without_its_key_is_an_answer_and_no_crash) {
  make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  const Device elsewhere{.identity = testing::other_device, .keys = make_memory_keys(), .clock = ManualClock()};
  EXPECT_EQ(Vault::look(elsewhere.parts(file))->state, State::restored_elsewhere);
  EXPECT_EQ(code_of(open_vault(elsewhere, file)->unlock({})), Code::vault_restored_elsewhere);
  lose_all(*at.device.keys);
  EXPECT_EQ(Vault::look(at.device.parts(file))->state, State::invalidated);
}

TEST_F(DeviceRow, row_8_nothing_is_ever_kept_in_clear_and_no_success_is_simulated) {
  const auto vault = make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(vault->set("name_" + std::string(row_canary), value_of(row_canary)).has_value());
  for (const auto& entry : fs::directory_iterator(file.parent_path()))
    EXPECT_EQ(bytes_of(entry.path()).find(row_canary), std::string::npos) << entry.path();
  EXPECT_EQ(code_of(Vault::create(at.parts(), with_slots({SlotKind::tpm2}), {})), Code::unsupported);
  VaultParts scripted = at.device.parts(make_memory_medium());
  scripted.presences.push_back(make_scripted_presence(std::make_shared<PresenceScript>()));
  const auto options = GuardedDevice::options(DeviceSecurityType::biometrics, {SlotKind::in_memory});
  EXPECT_EQ(code_of(Vault::create(std::move(scripted), options, {})), Code::unsupported);
}

TEST_F(DeviceRow, row_9_nonces_differ_and_no_other_version_is_read) {
  const auto vault = at.make();
  std::vector<Bytes> sealed;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(vault->set("a", value_of(row_canary)).has_value());
    ASSERT_TRUE(make_memory_record_store(at.medium)->read([&](RecordReader& reader) -> Status {
      TRY(const auto values, reader.list(PartKind::value));
      sealed.push_back(values.at(0).body);
      return {};
    }));
  }
  EXPECT_NE(sealed[0], sealed[1]);
  EXPECT_FALSE(std::equal(sealed[0].begin(), sealed[0].begin() + 12, sealed[1].begin()));
  for (const std::uint8_t version : {std::uint8_t{0}, std::uint8_t{2}}) {
    ASSERT_TRUE(edit([&](RecordWriter& writer) -> Status {
      TRY(auto header, writer.find({PartKind::header}));
      (*header)[5] = version;
      return writer.put({PartKind::header}, *header);
    }));
    EXPECT_EQ(code_of(Vault::open(at.parts())), version == 0 ? Code::vault_corrupted : Code::future_version);
  }
}

TEST_F(DeviceRow, row_10_altered_values_and_failed_writes_are_errors) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->set("a", value_of(row_canary)).has_value());
  ASSERT_TRUE(edit([&](RecordWriter& writer) -> Status {
    TRY(const auto values, writer.list(PartKind::value));
    Bytes altered = values.at(0).body;
    altered.back() ^= 1;
    return writer.put({PartKind::value, values.at(0).number}, altered);
  }));
  EXPECT_EQ(code_of(vault->get("a")), Code::vault_corrupted);
  const auto plan = std::make_shared<testing::FailurePlan>();
  auto failing =
      *Vault::open(at.parts(std::make_unique<testing::FailingRecordStore>(make_memory_record_store(at.medium), plan)));
  ASSERT_TRUE(failing->unlock({}).has_value());
  plan->steps_left = 0;
  EXPECT_EQ(code_of(failing->set("b", value_of(row_canary))), Code::storage_failed);
}

TEST_F(DeviceRow, row_11_destroying_touches_no_key_but_the_vaults_own) {
  const auto other = make_vault(at.device, folder.file("other"), with_slots({SlotKind::in_memory}));
  const auto vault = make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(vault->destroy().has_value());
  other->lock();
  EXPECT_TRUE(other->unlock({}).has_value());
}

TEST_F(DeviceRow, row_12_values_are_bound_to_their_names) {
  const auto vault = at.make();
  ASSERT_TRUE(vault->set("user", value_of("alice")).has_value());
  ASSERT_TRUE(vault->set("role", value_of("guest")).has_value());
  ASSERT_TRUE(edit([&](RecordWriter& writer) -> Status {
    TRY(const auto values, writer.list(PartKind::value));
    TRY_DO(writer.put({PartKind::value, values.at(0).number}, values.at(1).body));
    return writer.put({PartKind::value, values.at(1).number}, values.at(0).body);
  }));
  EXPECT_EQ(code_of(vault->get("user")), Code::vault_corrupted);
  EXPECT_EQ(code_of(vault->get("role")), Code::vault_corrupted);
}

TEST_F(DeviceRow, row_13_an_old_file_put_back_is_told_where_there_is_an_anchor) {
  const auto counters = make_memory_counters();
  const auto parts = [&] {
    VaultParts made = at.device.parts(file);
    made.anchor = make_memory_rollback_anchor(counters);
    return made;
  };
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.is_anchored = true;
  static_cast<void>(*Vault::create(parts(), options, {}));
  fs::copy_file(file, folder.file("old"));
  {
    const auto vault = *Vault::open(parts());
    ASSERT_TRUE(vault->unlock({}).has_value());
    ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  }
  fs::copy_file(folder.file("old"), file, fs::copy_options::overwrite_existing);
  EXPECT_EQ(code_of((*Vault::open(parts()))->unlock({})), Code::vault_rolled_back);
}

TEST_F(DeviceRow, row_14_no_error_repeats_a_secret) {
  const auto vault = make_vault(at.device, at.medium, with_slots({SlotKind::passcode}), row_canary);
  const std::string name = "name_" + std::string(row_canary);
  std::vector<Error> errors;
  errors.push_back(vault->get(name).error());
  errors.push_back(vault->set(std::string(row_canary) + std::string(300, 'n'), value_of("1")).error());
  vault->lock();
  errors.push_back(vault->unlock(answering(std::string(row_canary) + "_wrong")).error());
  errors.push_back(vault->get(name).error());
  for (const Error& error : errors) EXPECT_EQ(to_string(error).find(row_canary), std::string::npos) << to_string(error);
}

TEST_F(DeviceRow, row_15_a_busy_key_store_is_not_a_missing_key_and_nothing_is_overwritten) {
  auto vault = make_vault(at.device, at.medium, with_slots({SlotKind::in_memory}));
  ASSERT_TRUE(vault->set("token", value_of(row_canary)).has_value());
  vault->lock();
  set_available(*at.device.keys, false);
  EXPECT_EQ(code_of(vault->unlock({})), Code::temporarily_unavailable);
  EXPECT_EQ(Vault::look(at.device.parts(at.medium))->state, State::temporarily_unavailable);
  EXPECT_EQ(code_of(vault->set("token", value_of("empty"))), Code::vault_locked);
  EXPECT_EQ(code_of(Vault::create(at.device.parts(at.medium), with_slots({SlotKind::in_memory}), {})),
            Code::already_exists);
  set_available(*at.device.keys, true);
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(text_of(vault->get("token")), row_canary);
}

TEST_F(DeviceRow, row_16_a_devices_slot_opens_on_no_other_device_even_with_its_key) {
  make_vault(at.device, file, with_slots({SlotKind::in_memory}));
  const Device copy{.identity = testing::other_device, .keys = at.device.keys, .clock = ManualClock()};
  const auto vault = open_vault(copy, file);
  EXPECT_EQ(vault->status()->slots[0].portability, Portability::this_device_only);
  EXPECT_EQ(code_of(vault->unlock({})), Code::vault_restored_elsewhere);
}

TEST_F(DeviceRow, row_19_a_locked_vault_is_not_emptied_and_an_open_one_lends_values_and_asks_again) {
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.protection.destroy_takes_unlock = true;
  const auto vault = make_vault(at.device, at.medium, options);
  ASSERT_TRUE(vault->set("token", value_of(row_canary), {.is_ask_every_time = true}).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->destroy()), Code::vault_locked);
  ASSERT_TRUE(vault->unlock({}).has_value());
  EXPECT_EQ(code_of(vault->get("token")), Code::reauthentication_required);
  ASSERT_TRUE(vault->authenticate({}).has_value());
  bool is_lent = false;
  ASSERT_TRUE(vault->use_value("token", [&](const RecordValue& value) -> Status {
    is_lent = value.reveal_text() == row_canary;
    return {};
  }));
  EXPECT_TRUE(is_lent);
  at.device.clock.advance(options.policy.lock_after_idle);
  EXPECT_TRUE(vault->is_locked());
}

// --- with the real swtpm ---

class DeviceRowWithTpm : public DeviceRow {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed()) GTEST_SKIP() << "swtpm is not installed: ./dev setup";
    tpm = std::make_unique<SoftwareTpm>();
  }
  VaultParts parts() const {
    VaultParts made = at.device.parts(file);
    made.key_stores.push_back(make_tpm2_key_store({.tcti = tpm->tcti(), .pin_cost = crypto::argon2_min_cost}));
    return made;
  }
  CreateOptions options() const {
    CreateOptions made = with_slots({SlotKind::tpm2});
    made.protection.type = VaultType::custom_passcode;
    made.minimum_level = SecurityLevel::separate_hardware;
    return made;
  }
  std::unique_ptr<SoftwareTpm> tpm;
};

TEST_F(DeviceRowWithTpm, row_21_the_level_says_whether_the_same_users_programs_can_reach_the_key) {
  const auto vault = Vault::create(parts(), options(), answering("4711"));
  ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  EXPECT_EQ((*vault)->status()->level, SecurityLevel::separate_hardware);
  EXPECT_EQ(code_of((*vault)->add_slot({SlotKind::passcode, ""}, answering("weak one"))), Code::unsupported);
  const auto plain = make_vault(at.device, at.medium, with_slots({SlotKind::in_memory}));
  EXPECT_EQ(plain->status()->level, SecurityLevel::software);
}

TEST_F(DeviceRowWithTpm, row_22_a_copy_of_the_file_cannot_be_guessed_at_without_the_chip) {
  {
    const auto vault = Vault::create(parts(), options(), answering("4711"));
    ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  }
  ASSERT_TRUE(tpm->set_lockout(3).has_value());
  fs::copy_file(file, folder.file("copy"));
  Code last{};
  for (int guess = 0; guess < 8 && last != Code::locked_out; ++guess) {
    fs::copy_file(folder.file("copy"), file, fs::copy_options::overwrite_existing);  // the file's own count set back
    last = code_of((*Vault::open(parts()))->unlock(answering("000" + std::to_string(guess))));
  }
  EXPECT_EQ(last, Code::locked_out);  // the chip's count was not
  tpm->replace();
  EXPECT_EQ(code_of((*Vault::open(parts()))->unlock(answering("4711"))), Code::key_missing);
}

TEST_F(DeviceRow, row_22_guesses_at_the_device_wait) {
  const auto vault = make_vault(at.device, at.medium, with_slots({SlotKind::passcode}));
  vault->lock();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(code_of(vault->unlock(answering("wrong one"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(vault->unlock(answering("correct horse"))), Code::locked_out);
}

TEST_F(DeviceRow, row_23_the_time_unlocked_is_bounded_however_busy) {
  const auto vault = make_vault(at.device, at.medium, with_slots({SlotKind::in_memory}));
  const auto step = std::chrono::minutes(4);
  for (auto busy = step; busy < LockPolicy().maximum_unlocked_time; busy += step) {
    at.device.clock.advance(step);
    ASSERT_TRUE(vault->find("a").has_value());
  }
  at.device.clock.advance(step);
  EXPECT_EQ(code_of(vault->find("a")), Code::vault_locked);
}

}  // namespace
}  // namespace latchkey::vault
