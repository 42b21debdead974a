// One vault behind every kind of slot this machine can have, each the real thing.
#include "vault/vault_file.h"

#include <gtest/gtest.h>

#include "tests/support/vault/kernel_session.h"
#include "tests/support/vault/soft_hsm.h"
#include "tests/support/vault/software_tpm.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::SoftHsm;
using testing::SoftwareTpm;

bool has_kind(const VaultParts& parts, SlotKind kind) {
  return std::ranges::any_of(parts.key_stores, [&](const auto& store) { return store->kind() == kind; });
}

TEST(VaultFile, has_the_slots_that_every_linux_has_and_no_device_that_is_not_there) {
  const testing::TemporaryFolder folder;
  const ManualClock clock;
  KeyStoreOptions options;
  options.tpm2.tcti = "device:/nonexistent/tpmrm0";
  const VaultParts parts = parts_for_file(folder.file(), clock, options);
  for (const SlotKind kind :
       {SlotKind::passcode, SlotKind::secret_service, SlotKind::recovery_code, SlotKind::kernel_keyring})
    EXPECT_TRUE(has_kind(parts, kind)) << name_of(kind);
  EXPECT_FALSE(has_kind(parts, SlotKind::tpm2));
  EXPECT_FALSE(has_kind(parts, SlotKind::pkcs11));
}

TEST(VaultFile, recognises_its_user_by_finger_and_by_the_devices_password) {
  const testing::TemporaryFolder folder;
  const ManualClock clock;
  const VaultParts parts = parts_for_file(folder.file(), clock);
  ASSERT_EQ(parts.presences.size(), 2U);
  EXPECT_EQ(parts.presences[0]->method(), PresenceMethod::fingerprint);
  EXPECT_EQ(parts.presences[1]->method(), PresenceMethod::device_credential);
}

TEST(VaultFile, the_presence_that_is_named_or_the_first_that_can_be_used_is_chosen) {
  const ManualClock clock;
  const auto all = [&] {
    const PresenceOptions nobody{.fprint = {.bus_address = "unix:path=/nonexistent"}, .pam = {}};
    return make_presences(clock, nobody);
  };
  EXPECT_EQ((*choose_presence(all(), PresenceMethod::fingerprint))->method(), PresenceMethod::fingerprint);
  EXPECT_NE((*choose_presence(all(), std::nullopt)), nullptr);
  EXPECT_EQ(code_of(choose_presence(all(), PresenceMethod::face)), Code::invalid_argument);
  EXPECT_EQ(code_of(choose_presence({}, std::nullopt)), Code::invalid_argument);
}

class EverySlot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftwareTpm::is_installed() || !SoftHsm::is_installed()) GTEST_SKIP() << "swtpm, SoftHSM: ./dev setup";
    if (!testing::join_new_session()) GTEST_SKIP() << "no kernel keyrings in this sandbox";
    tpm = std::make_unique<SoftwareTpm>();
    SoftHsm::instance();
    options.tpm2.tcti = tpm->tcti();
    options.tpm2.pin_cost = crypto::argon2_min_cost;
    options.pkcs11 = Pkcs11KeyStoreOptions{.module = SoftHsm::module, .token = SoftHsm::token};
    user.show_recovery_code = [this](const RecoveryCode& shown) -> Status {
      code = shown.reveal_text();
      return {};
    };
  }
  VaultParts parts() const { return parts_for_file(folder.file(), clock, options); }

  static constexpr std::string_view passcode = SoftHsm::pin;  // one for all, to keep it readable
  testing::TemporaryFolder folder;
  ManualClock clock;
  std::unique_ptr<SoftwareTpm> tpm;
  KeyStoreOptions options;
  Prompt user = testing::answering(passcode);
  std::string code;
};

TEST_F(EverySlot, opens_the_same_vault_by_itself) {
  const CreateOptions all = testing::with_slots(
      {SlotKind::passcode, SlotKind::tpm2, SlotKind::pkcs11, SlotKind::recovery_code, SlotKind::kernel_keyring});
  {
    const auto vault = Vault::create(parts(), all, user);
    ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
    ASSERT_TRUE((*vault)->set("token", testing::value_of("s3cret")).has_value());
  }
  const auto vault = Vault::open(parts());
  ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  const auto status = (*vault)->status();
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->state, State::locked);
  for (const SlotStatus& slot : status->slots) {
    EXPECT_FALSE(slot.problem.has_value()) << slot.label << ": " << to_string(*slot.problem);
    const bool is_recovery = slot.kind == SlotKind::recovery_code;
    const auto opened = (*vault)->unlock(testing::answering(is_recovery ? code : passcode), slot.id);
    EXPECT_TRUE(opened.has_value()) << slot.label << ": " << to_string(opened.error());
    EXPECT_EQ(testing::text_of((*vault)->get("token")), "s3cret") << slot.label;
    (*vault)->lock();
  }
}

TEST_F(EverySlot, a_mistyped_recovery_code_is_no_failed_attempt) {
  const auto vault = Vault::create(parts(), testing::with_slots({SlotKind::recovery_code}), user);
  ASSERT_TRUE(vault.has_value()) << to_string(vault.error());
  (*vault)->lock();
  code[0] = code[0] == '7' ? '8' : '7';
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_of((*vault)->unlock(testing::answering(code))), Code::invalid_format);
  EXPECT_EQ((*vault)->status()->slots.front().failed_attempts, 0U);
}

}  // namespace
}  // namespace latchkey::vault
