// Keys that are left in a store outside of the file: of slots that came to nothing, or went while their store was away.
// A store in memory that can be away, and the real SoftHSM with a program that is killed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "protocol/limits/vault.h"
#include "tests/support/vault/key_rack.h"
#include "tests/support/vault/soft_hsm.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/loose_key.h"
#include "vault/pkcs11/token.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::copy_medium;
using testing::LooseKeys;
using testing::SoftHsm;
using testing::text_of;
using testing::value_of;

TEST(LooseKey, is_read_as_it_was_written_and_nothing_else_is) {
  const LooseKey key{.number = 7,
                     .kind = SlotKind::pkcs11,
                     .state = LooseKey::State::being_made,
                     .since = from_unix_seconds(1'700'000'000),
                     .parameters = {1, 2, 3}};
  const Bytes printed = print_loose_key(key);
  EXPECT_EQ(parse_loose_key(7, printed).value(), key);
  for (std::size_t size = 0; size < 11; ++size)
    EXPECT_EQ(code_of(parse_loose_key(7, ByteView(printed).first(size))), Code::vault_corrupted) << size;
  Bytes later = printed;
  later[0] = 2;
  EXPECT_EQ(code_of(parse_loose_key(7, later)), Code::future_version);
  Bytes other = printed;
  other[2] = 3;
  EXPECT_EQ(code_of(parse_loose_key(7, other)), Code::vault_corrupted);
  EXPECT_EQ(code_of(parse_loose_key(7, Bytes(11 + 4097, 1))), Code::vault_corrupted);
  Bytes before_all_time = printed;
  before_all_time[3] = 0x80;
  EXPECT_EQ(code_of(parse_loose_key(7, before_all_time)), Code::vault_corrupted);
}

TEST(LooseKey, is_due_when_it_is_unused_or_took_too_long_to_make) {
  const Instant since = from_unix_seconds(1'700'000'000);
  const LooseKey making{.state = LooseKey::State::being_made, .since = since};
  EXPECT_FALSE(making.is_due(since + 9min));
  EXPECT_TRUE(making.is_due(since + 10min));
  EXPECT_TRUE(making.is_due(since - 1ms)) << "the clock was set back";
  EXPECT_TRUE(LooseKey{.since = since}.is_due(since));
}

TEST_F(LooseKeys, are_none_where_nothing_failed) {
  const auto slot = add();
  ASSERT_TRUE(slot);
  EXPECT_EQ(rack->keys.size(), 1U);
  ASSERT_TRUE(vault->rewrap_slot(*slot, {}));
  EXPECT_EQ(rack->keys.size(), 1U);
  const VaultConfig other{.protection = {}, .new_slots = {{SlotKind::secret_service, "new"}}, .kept_slots = {1}};
  ASSERT_TRUE(vault->update_config(other, {}));
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_TRUE(vault->verify());
  ASSERT_TRUE(vault->remove_slot(3));
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
}

TEST_F(LooseKeys, of_a_kill_are_found_once_they_cannot_be_about_to_be_named) {
  kill_while_adding();
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_EQ(rack->keys.size(), 1U) << "another program may be making it";
  device.clock.advance(10min);
  EXPECT_EQ(left(), 1U);
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, of_a_kill_go_with_the_next_slot_that_is_added) {
  kill_while_adding();
  device.clock.advance(10min);
  ASSERT_TRUE(add());
  EXPECT_EQ(rack->keys.size(), 1U);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, go_with_a_vault_that_is_destroyed_open) {
  kill_while_adding();
  ASSERT_TRUE(vault->destroy());
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeys, of_a_store_that_was_away_are_removed_when_it_is_there_again) {
  const auto slot = add();
  ASSERT_TRUE(slot);
  rack->is_away = true;
  ASSERT_TRUE(vault->remove_slot(*slot));
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(vault->remove_left_keys(), 1U);
  rack->is_away = false;
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_TRUE(rack->keys.empty());
}

TEST_F(LooseKeys, that_a_store_takes_back_by_itself_are_not_noted_any_more) {
  rack->wrap_fails = Code::user_cancelled;
  EXPECT_EQ(code_of(add()), Code::user_cancelled);
  device.clock.advance(10min);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, are_not_taken_from_a_program_that_names_them_in_a_slot) {
  rack->before_answer = [&] {
    device.clock.advance(10min);  // it was asleep
    EXPECT_EQ(opened(medium)->remove_left_keys(), 0U);
    EXPECT_TRUE(rack->keys.empty());
  };
  EXPECT_EQ(code_of(add()), Code::conflict) << "a slot whose key is gone would open nothing";
  EXPECT_EQ(vault->status()->slots.size(), 1U);
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, of_another_device_are_left_alone) {
  kill_while_adding();
  const auto portable = vault->add_slot({SlotKind::passcode, "p"}, answering("correct horse"));
  ASSERT_TRUE(portable);
  device.clock.advance(10min);
  device.identity = testing::other_device;
  const auto elsewhere = Vault::open(parts(copy_medium(medium))).value();
  ASSERT_EQ(code_of(elsewhere->unlock(answering("correct horse"), *portable)), Code{});
  EXPECT_EQ(elsewhere->remove_left_keys(), 1U) << "it is not removed, and is counted";
  EXPECT_EQ(elsewhere->status()->left_keys, 1U);
  EXPECT_EQ(rack->keys.size(), 1U) << "this one may have named it since";
}

TEST_F(LooseKeys, of_a_full_journal_go_with_their_slot) {
  const auto unnoted = add();
  ASSERT_TRUE(unnoted);
  rack->refuses_forgetting = true;
  for (std::size_t i = 0; i < protocol::limits::loose_keys; ++i) {
    const auto slot = add();
    ASSERT_TRUE(slot) << to_string(slot.error());
    ASSERT_TRUE(vault->remove_slot(*slot));
  }
  EXPECT_EQ(code_of(add()), Code::storage_full);
  EXPECT_EQ(rack->keys.size(), protocol::limits::loose_keys + 1);
  rack->refuses_forgetting = false;
  ASSERT_TRUE(vault->remove_slot(*unnoted));
  EXPECT_TRUE(rack->keys.empty());
  EXPECT_EQ(left(), 0U);
}

TEST_F(LooseKeys, that_somebody_puts_in_the_file_open_nothing) {
  rack->keys[Bytes(16, 7)] = Bytes(32, 7);  // another program's
  const LooseKey planted{.number = 1, .kind = SlotKind::secret_service, .since = {}, .parameters = Bytes(16, 7)};
  ASSERT_TRUE(make_memory_record_store(medium)->write(
      [&](RecordWriter& writer) { return writer.put({PartKind::loose_key, 1}, print_loose_key(planted)); }));
  vault = Vault::open(parts(medium)).value();
  EXPECT_EQ(code_of(vault->unlock({}, 1)), Code::vault_corrupted);
  EXPECT_FALSE(vault->remove_left_keys());
  EXPECT_EQ(rack->keys.size(), 1U);
}

TEST_F(LooseKeys, survive_a_rotation_and_another_process) {
  kill_while_adding();
  device.clock.advance(10min);
  ASSERT_TRUE(vault->rotate());
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(opened(medium)->remove_left_keys(), 0U);
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(left(), 0U);
}

// --- on a real token ---

template <class Work>
void on_the_token(Work work) {
  auto module = pkcs11::Module::load(SoftHsm::module);
  ASSERT_TRUE(module && module->initialise());
  const auto token = find_token(*module, SoftHsm::token);
  ASSERT_TRUE(token);
  const auto session = pkcs11::Session::open(*module, *token, answering(SoftHsm::pin));
  ASSERT_TRUE(session) << to_string(session.error());
  work(*session);
}

std::size_t count_our_keys() {
  std::size_t found = 0;
  on_the_token([&](const pkcs11::Session& session) {
    std::string label = "Latchkey vault key";
    CK_ATTRIBUTE wanted{CKA_LABEL, label.data(), label.size()};
    std::array<CK_OBJECT_HANDLE, 32> objects{};
    CK_ULONG count = 0;
    session.functions().C_FindObjectsInit(session.get(), &wanted, 1);
    session.functions().C_FindObjects(session.get(), objects.data(), objects.size(), &count);
    session.functions().C_FindObjectsFinal(session.get());
    found = count;
  });
  return found;
}

// The key is on the token, and the slot is not in the file yet.
CK_RV die(CK_SESSION_HANDLE /*session*/, CK_MECHANISM_PTR /*mechanism*/, CK_OBJECT_HANDLE /*key*/) {
  ::kill(::getpid(), SIGKILL);
  return CKR_GENERAL_ERROR;
}

class LooseTokenKeys : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!SoftHsm::is_installed()) GTEST_SKIP() << "SoftHSM is not installed: ./dev setup";
    SoftHsm::instance();
  }
  VaultParts parts() {
    VaultParts made = device.parts(folder.file());
    Pkcs11KeyStoreOptions options{.module = SoftHsm::module, .token = SoftHsm::token};
    options.ask_pin_to_forget = user.ask_passcode;
    made.key_stores.push_back(make_pkcs11_key_store(std::move(options)));
    return made;
  }
  std::unique_ptr<Vault> opened() {
    auto vault = Vault::open(parts()).value();
    EXPECT_EQ(code_of(vault->unlock({}, 1)), Code{});
    return vault;
  }
  testing::TemporaryFolder folder;
  testing::Device device;
  Prompt user = answering(SoftHsm::pin);
};

TEST_F(LooseTokenKeys, of_a_program_that_was_killed_are_found_and_removed_and_no_others) {
  auto vault = Vault::create(parts(), testing::with_slots({SlotKind::in_memory, SlotKind::passcode}), user).value();
  const auto kept = vault->add_slot({SlotKind::pkcs11, "kept"}, user);
  ASSERT_TRUE(kept) << to_string(kept.error());
  vault.reset();
  const std::size_t before = count_our_keys();
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {
    const auto module = pkcs11::Module::load(SoftHsm::module);
    module->functions().C_EncryptInit = &die;
    const auto by_child = Vault::open(parts()).value();
    if (!by_child->unlock(user, 2)) ::_exit(2);  // keys in memory do not come with it
    static_cast<void>(by_child->add_slot({SlotKind::pkcs11, "killed"}, user));
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(count_our_keys(), before + 1);
  device.clock.advance(10min);
  vault = opened();
  EXPECT_EQ(vault->status()->left_keys, 1U);
  EXPECT_EQ(vault->remove_left_keys(), 0U);
  EXPECT_EQ(count_our_keys(), before);
  EXPECT_EQ(code_of(vault->check_slot(*kept, user)), Code{});
  EXPECT_TRUE(vault->destroy());
  EXPECT_EQ(count_our_keys(), before - 1);
}

}  // namespace
}  // namespace latchkey::vault
