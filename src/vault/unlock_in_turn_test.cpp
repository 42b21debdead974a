// Several processes at one vault, and one user who answers.
#include "vault/unlock_in_turn.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>

#include "base/file_lock.h"
#include "tests/support/vault/kernel_session.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/key_stores/kernel_keyring_key_store.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;

constexpr std::string_view turn_passcode = "correct horse";
const SlotRequest shortcut{SlotKind::kernel_keyring, "shortcut"};

class UnlockInTurn : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::join_new_session()) GTEST_SKIP() << "no kernel keyrings in this sandbox";
    ASSERT_TRUE(
        Vault::create(parts(), testing::with_slots({SlotKind::passcode}), answering(turn_passcode)).has_value());
    void* const shared =
        ::mmap(nullptr, sizeof(std::atomic_int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    asked = new (shared) std::atomic_int(0);
  }
  ~UnlockInTurn() override {
    if (asked != nullptr) ::munmap(asked, sizeof(std::atomic_int));
  }
  VaultParts parts() const {
    VaultParts parts = device.parts(file);
    parts.key_stores.push_back(make_kernel_keyring_key_store());
    return parts;
  }
  std::unique_ptr<Vault> open() const {
    auto vault = Vault::open(parts());
    EXPECT_TRUE(vault.has_value()) << to_string(vault.error());
    return *std::move(vault);
  }
  // Counts in every process.
  Prompt counted(std::string_view answer = turn_passcode) const {
    Prompt prompt = answering(answer);
    prompt.ask_passcode = [asked = asked, ask = prompt.ask_passcode](PasscodeAsk what) {
      ++*asked;
      return ask(what);
    };
    return prompt;
  }

  testing::TemporaryFolder folder;
  std::filesystem::path file = folder.file();
  testing::Device device;
  std::atomic_int* asked = nullptr;
};

TEST_F(UnlockInTurn, many_processes_at_once_ask_once) {
  constexpr int processes = 12;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto vault = open();
      UnlockTurn turn;
      turn.before_next = [&]() -> Status {
        TRY_DO(vault->add_slot(shortcut, {}));
        return {};
      };
      const Status opened = unlock_in_turn(*vault, file, counted(), turn);
      ::_exit(opened && !vault->is_locked() ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(asked->load(), 1);
}

TEST_F(UnlockInTurn, without_a_shortcut_each_is_asked_but_none_locks_the_others_out) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto vault = open();
      ::_exit(unlock_in_turn(*vault, file, counted()) ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(asked->load(), 6);
}

TEST_F(UnlockInTurn, a_named_slot_takes_no_shortcut) {
  const auto first = open();
  ASSERT_TRUE(first->unlock(answering(turn_passcode)).has_value());
  ASSERT_TRUE(first->add_slot(shortcut, {}).has_value());
  const auto vault = open();
  ASSERT_TRUE(unlock_in_turn(*vault, file, counted(), {.slot = 1}).has_value());
  EXPECT_EQ(asked->load(), 1);
}

TEST_F(UnlockInTurn, a_wrong_answer_gives_the_turn_to_the_next) {
  const auto vault = open();
  EXPECT_EQ(code_of(unlock_in_turn(*vault, file, counted("wrong"))), Code::wrong_passcode);
  EXPECT_TRUE(unlock_in_turn(*vault, file, counted()).has_value());
}

TEST_F(UnlockInTurn, waiting_ends_with_patience_or_a_stop_and_asks_nobody) {
  const auto held = FileLock::acquire(file.string() + ".unlock", std::chrono::seconds(10), {});
  ASSERT_TRUE(held.has_value());
  const auto vault = open();
  UnlockTurn turn;
  turn.patience = std::chrono::milliseconds(20);
  EXPECT_EQ(code_of(unlock_in_turn(*vault, file, counted(), turn)), Code::busy);
  std::stop_source stop;
  stop.request_stop();
  Prompt prompt = counted();
  prompt.stop = stop.get_token();
  EXPECT_EQ(code_of(unlock_in_turn(*vault, file, prompt)), Code::cancelled);
  EXPECT_EQ(asked->load(), 0);
}

TEST_F(UnlockInTurn, a_shortcut_opens_but_proves_nothing) {
  const auto first = open();
  ASSERT_TRUE(first->unlock(answering(turn_passcode)).has_value());
  ASSERT_TRUE(first->set("pin", testing::value_of("1"), RecordOptions{.is_ask_every_time = true}).has_value());
  const auto slot = first->add_slot(shortcut, {});
  ASSERT_TRUE(slot.has_value());
  const auto vault = open();
  ASSERT_TRUE(vault->unlock_shared().has_value());
  EXPECT_EQ(code_of(vault->authenticate({}, *slot)), Code::invalid_argument);
  EXPECT_EQ(code_of(vault->authenticate({})), Code::user_cancelled);  // goes to the turn_passcode, past the shortcut
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
  ASSERT_TRUE(first->remove_slot(*slot).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock_shared()), Code::key_missing);
}

TEST_F(UnlockInTurn, a_shortcut_lives_through_a_rotation_and_not_through_its_revocation) {
  const auto first = open();
  ASSERT_TRUE(first->unlock(answering(turn_passcode)).has_value());
  ASSERT_TRUE(first->add_slot(shortcut, {}).has_value());
  ASSERT_TRUE(first->rotate().has_value());
  const auto vault = open();
  EXPECT_TRUE(vault->unlock_shared().has_value());
  vault->lock();
  ASSERT_TRUE(first->remove_slot(2).has_value());
  EXPECT_EQ(code_of(vault->unlock_shared()), Code::key_missing);
}

}  // namespace
}  // namespace latchkey::vault
