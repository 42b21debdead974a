#include "vault/vault_type.h"

#include <gtest/gtest.h>

#include "tests/support/vault/person_at_device.h"
#include "vault/memory_vault.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::Device;
using testing::GuardedDevice;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

CreateOptions of_type(VaultType type, std::initializer_list<SlotKind> kinds) {
  CreateOptions options = with_slots(kinds);
  options.protection.type = type;
  return options;
}

TEST(VaultType, has_ionic_s_names_and_our_own) {
  EXPECT_EQ(*parse_vault_type("SecureStorage"), VaultType::secure_storage);
  EXPECT_EQ(*parse_vault_type("DeviceSecurity"), VaultType::device_security);
  EXPECT_EQ(*parse_vault_type("CustomPasscode"), VaultType::custom_passcode);
  EXPECT_EQ(*parse_vault_type("InMemory"), VaultType::in_memory);
  for (std::uint8_t i = 0; i < 5; ++i) {
    const auto type = static_cast<VaultType>(i);
    EXPECT_EQ(*parse_vault_type(name_of(type)), type);
  }
  EXPECT_EQ(code_of(parse_vault_type("")), Code::invalid_argument);
  EXPECT_EQ(*parse_device_security_type("SystemPasscode"), DeviceSecurityType::system_passcode);
  EXPECT_EQ(*parse_device_security_type("both"), DeviceSecurityType::both);
  EXPECT_EQ(code_of(parse_device_security_type("Face")), Code::invalid_argument);
}

struct Combination {
  VaultType type;
  std::initializer_list<SlotKind> kinds;
  bool is_allowed;
};

TEST(VaultType, allows_the_slots_that_keep_its_promise) {
  using enum SlotKind;
  const Combination all[] = {
      {VaultType::by_slots, {passcode, in_memory}, true},
      {VaultType::secure_storage, {in_memory}, true},
      {VaultType::secure_storage, {in_memory, passcode}, false},
      {VaultType::secure_storage, {passcode}, false},
      {VaultType::custom_passcode, {passcode}, true},
      {VaultType::custom_passcode, {passcode, in_memory}, false},
      {VaultType::custom_passcode, {in_memory}, false},
      {VaultType::in_memory, {in_memory}, true},
      {VaultType::in_memory, {in_memory, passcode}, false},
  };
  int row = 0;
  for (const Combination& one : all) {
    const Device device;
    const auto vault =
        Vault::create(device.parts(make_memory_medium()), of_type(one.type, one.kinds), answering("correct horse"));
    EXPECT_EQ(code_of(vault), one.is_allowed ? Code{} : Code::invalid_argument) << row;
    if (vault) EXPECT_EQ((*vault)->status()->protection.type, one.type) << row;
    ++row;
  }
}

TEST(VaultType, keeps_its_promise_when_slots_come_and_go) {
  const Device device;
  const auto medium = make_memory_medium();
  const auto vault = make_vault(device, medium, of_type(VaultType::custom_passcode, {SlotKind::passcode}));
  EXPECT_EQ(code_of(vault->add_slot({SlotKind::in_memory, ""}, {})), Code::invalid_argument);
  ASSERT_TRUE(vault->add_slot({SlotKind::passcode, "second"}, answering("battery staple")).has_value());
  EXPECT_TRUE(vault->remove_slot(1).has_value());
  EXPECT_EQ(code_of(vault->remove_slot(2)), Code::slot_in_use);
}

TEST(VaultType, device_security_says_which_and_the_others_do_not) {
  const Device device;
  CreateOptions options = of_type(VaultType::device_security, {SlotKind::in_memory});
  EXPECT_EQ(code_of(Vault::create(device.parts(make_memory_medium()), options, {})), Code::invalid_argument);
  options = of_type(VaultType::secure_storage, {SlotKind::in_memory});
  options.protection.device_security = DeviceSecurityType::both;
  EXPECT_EQ(code_of(Vault::create(device.parts(make_memory_medium()), options, {})), Code::invalid_argument);
}

TEST(VaultType, a_vault_in_memory_is_never_made_at_a_store_that_writes) {
  const Device device;
  const testing::TemporaryFolder folder;
  const auto vault =
      Vault::create(device.parts(folder.file()), of_type(VaultType::in_memory, {SlotKind::in_memory}), {});
  EXPECT_EQ(code_of(vault), Code::unsupported);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
}

TEST(VaultType, a_vault_in_memory_locks_and_unlocks_without_any_device) {
  const ManualClock clock;
  const auto vault = make_memory_vault(clock);
  ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  ASSERT_TRUE((*vault)->set("a", value_of("1")).has_value());
  (*vault)->lock();
  EXPECT_EQ(code_of((*vault)->get("a")), Code::vault_locked);
  ASSERT_TRUE((*vault)->unlock({}).has_value());
  EXPECT_EQ(text_of((*vault)->get("a")), "1");
}

TEST(VaultType, taken_away_in_the_file_opens_nothing) {
  const GuardedDevice at;
  const auto vault = at.make();
  vault->lock();
  const auto store = make_memory_record_store(at.medium);
  ASSERT_TRUE(store->write([](RecordWriter& writer) -> Status {
    TRY(auto header, writer.find({PartKind::header}));
    Bytes relaxed = *header;
    relaxed[relaxed.size() - 5] = relaxed[relaxed.size() - 4] = 0;  // by_slots: nobody would be asked
    return writer.put({PartKind::header}, relaxed);
  }));
  EXPECT_EQ(code_of(vault->unlock({})), Code::vault_corrupted);
  EXPECT_TRUE(vault->is_locked());
}

TEST(VaultType, destroying_may_take_unlocking) {
  const Device device;
  const auto medium = make_memory_medium();
  CreateOptions options = with_slots({SlotKind::in_memory});
  options.protection.destroy_takes_unlock = true;
  const auto vault = make_vault(device, medium, options);
  vault->lock();
  EXPECT_EQ(code_of(vault->destroy()), Code::vault_locked);
  ASSERT_TRUE(vault->unlock({}).has_value());
  vault->lock();
  lose_all(*device.keys);  // nobody can unlock it any more
  EXPECT_TRUE(vault->destroy().has_value());
}

}  // namespace
}  // namespace latchkey::vault
