// The kernel's own keyrings, in sessions made here.
#include "vault/key_stores/kernel_keyring_key_store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <thread>

#include "crypto/random.h"
#include "tests/support/vault/kernel_session.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

constexpr SlotBinding keyring_binding{{1}, 1};

class KernelKeyringTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::join_new_session()) GTEST_SKIP() << "no kernel keyrings in this sandbox";
  }
  WrappedKey wrap(KernelKeyringOptions options = {}) {
    auto wrapped = make_kernel_keyring_key_store(options)->wrap(key, keyring_binding, {});
    EXPECT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
    return *std::move(wrapped);
  }
  static Code open(const WrappedKey& wrapped) {
    return code_of(make_kernel_keyring_key_store()->unwrap(wrapped, keyring_binding, {}));
  }
  // The exit code of `work` in a process of its own.
  template <class Work>
  static int in_child(Work work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
};

TEST_F(KernelKeyringTest, the_key_goes_when_its_time_is_over) {
  const WrappedKey wrapped = wrap({.timeout = std::chrono::seconds(1)});
  EXPECT_EQ(open(wrapped), Code{});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (open(wrapped) == Code{} && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // between two looks
  EXPECT_EQ(open(wrapped), Code::key_missing);
  EXPECT_EQ(code_of(make_kernel_keyring_key_store()->probe(wrapped)), Code::key_missing);
  EXPECT_TRUE(make_kernel_keyring_key_store()->forget(wrapped).has_value());
  EXPECT_TRUE(is_ephemeral(SlotKind::kernel_keyring));
}

TEST_F(KernelKeyringTest, other_processes_of_the_session_open_it_and_other_sessions_do_not) {
  const WrappedKey wrapped = wrap();
  EXPECT_EQ(in_child([&] { return open(wrapped) == Code{} ? 0 : 1; }), 0);
  EXPECT_EQ(in_child([&] {
              if (!testing::join_new_session()) return 2;
              return open(wrapped) == Code::key_missing ? 0 : 1;
            }),
            0);
}

TEST_F(KernelKeyringTest, a_key_of_the_user_s_keyring_opens_in_every_session) {
  const WrappedKey wrapped = wrap({.keyring = KernelKeyring::user});
  EXPECT_EQ(in_child([&] {
              if (!testing::join_new_session()) return 2;
              return open(wrapped) == Code{} ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(make_kernel_keyring_key_store()->forget(wrapped).has_value());
  EXPECT_EQ(open(wrapped), Code::key_missing);
}

TEST_F(KernelKeyringTest, forgetting_ends_it_for_everybody_and_touches_nothing_else) {
  const long foreign = testing::add_foreign_key("latchkey:vault-key:not-ours", "foreign", KEY_SPEC_SESSION_KEYRING);
  ASSERT_GT(foreign, 0);
  const WrappedKey wrapped = wrap();
  EXPECT_EQ(in_child([&] { return make_kernel_keyring_key_store()->forget(wrapped) ? 0 : 1; }), 0);
  EXPECT_EQ(open(wrapped), Code::key_missing);
  EXPECT_EQ(testing::read_kernel_key(foreign), "foreign");
}

TEST_F(KernelKeyringTest, an_item_altered_by_somebody_else_is_no_missing_key) {
  const WrappedKey wrapped = wrap();
  const std::string description = "latchkey:vault-key:" + to_hex(ByteView(wrapped.parameters).subspan(2));
  for (const std::string_view payload :
       {std::string_view("short"), std::string_view("32 bytes of somebody else's key.")}) {
    // The possessor may not write, so that the key is put in its place anew.
    ASSERT_TRUE(make_kernel_keyring_key_store()->forget(wrapped).has_value());
    ASSERT_GT(testing::add_foreign_key(description, payload, KEY_SPEC_SESSION_KEYRING), 0);
    EXPECT_EQ(open(wrapped), payload.size() == 32 ? Code::authentication_failed : Code::key_invalidated);
  }
}

TEST_F(KernelKeyringTest, a_timeout_of_nothing_is_not_taken) {
  const auto store = make_kernel_keyring_key_store({.timeout = std::chrono::seconds(0)});
  EXPECT_EQ(code_of(store->wrap(key, keyring_binding, {})), Code::invalid_argument);
}

// A user nobody else is, for the quota of 200 keys belongs to the user.
TEST_F(KernelKeyringTest, an_ordinary_user_has_room_for_many_and_is_told_when_it_is_used_up) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become a user of its own";
  const auto user = static_cast<uid_t>(1'000'000 + ::getpid());
  EXPECT_EQ(in_child([&] {
              if (::setuid(user) != 0 || !testing::join_new_session()) return 2;
              const auto store = make_kernel_keyring_key_store({.keyring = KernelKeyring::user});
              std::vector<WrappedKey> wraps;
              auto wrapped = store->wrap(key, keyring_binding, {});
              for (; wrapped && wraps.size() < 100'000; wrapped = store->wrap(key, keyring_binding, {}))
                wraps.push_back(*std::move(wrapped));
              if (wraps.empty()) return 3;
              if (code_of(wrapped) != Code::storage_full) return 4;
              if (open(wraps.front()) != Code{} || open(wraps.back()) != Code{}) return 5;
              for (const WrappedKey& one : wraps)
                if (!store->forget(one)) return 6;
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace latchkey::vault
