#include "session/vault_token_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "session/session.h"
#include "tests/support/fake_provider.h"
#include "tests/support/sample_record.h"
#include "tests/support/test_browser.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/memory_record_store.h"

namespace latchkey::session {
namespace {

class VaultTokenStoreTest : public ::testing::Test {
 protected:
  static std::unique_ptr<vault::Vault> make_vault(const Clock& clock) {
    vault::VaultParts parts{vault::make_memory_record_store(), {}, vault::make_fixed_identity({}), clock};
    parts.key_stores.push_back(vault::make_memory_key_store());
    vault::CreateOptions options;
    options.slots = {{vault::SlotKind::in_memory, "test"}};
    return vault::Vault::create(std::move(parts), options, {}).value();
  }

  ManualClock clock_;
  std::unique_ptr<vault::Vault> vault_ = make_vault(clock_);
  VaultTokenStore store_{*vault_};
  SessionRecord record_ = testing::sample_record(clock_.now());
};

TEST_F(VaultTokenStoreTest, holds_nothing_at_first) {
  const auto record = store_.load();
  ASSERT_TRUE(record);
  EXPECT_FALSE(*record);
}

TEST_F(VaultTokenStoreTest, gives_back_what_was_saved) {
  ASSERT_TRUE(store_.save(record_));
  const auto record = store_.load();
  ASSERT_TRUE(record && *record);
  EXPECT_EQ(print_session_record(**record), print_session_record(record_));
}

TEST_F(VaultTokenStoreTest, erasing_is_final_and_may_be_repeated) {
  ASSERT_TRUE(store_.save(record_));
  EXPECT_TRUE(store_.erase());
  EXPECT_TRUE(store_.erase());
  EXPECT_FALSE(*store_.load());
}

TEST_F(VaultTokenStoreTest, a_locked_vault_is_not_an_empty_one) {
  ASSERT_TRUE(store_.save(record_));
  vault_->lock();
  EXPECT_EQ(store_.load().error().code, Code::vault_locked);
  EXPECT_EQ(store_.save(record_).error().code, Code::vault_locked);
  EXPECT_EQ(store_.erase().error().code, Code::vault_locked);
}

TEST_F(VaultTokenStoreTest, tells_of_every_lock_as_long_as_somebody_listens) {
  int locks = 0;
  auto listening = store_.observe_lock([&] { ++locks; });
  vault_->lock();
  vault_->lock();
  EXPECT_EQ(locks, 1);
  ASSERT_TRUE(vault_->unlock({}));
  listening.reset();
  vault_->lock();
  EXPECT_EQ(locks, 1);
}

TEST_F(VaultTokenStoreTest, tells_when_the_vault_is_destroyed) {
  int locks = 0;
  const auto listening = store_.observe_lock([&] { ++locks; });
  ASSERT_TRUE(vault_->destroy());
  EXPECT_EQ(locks, 1);
}

TEST_F(VaultTokenStoreTest, sessions_of_different_names_do_not_meet) {
  VaultTokenStore other(*vault_, "latchkey/session/work");
  ASSERT_TRUE(store_.save(record_));
  EXPECT_FALSE(*other.load());
}

TEST_F(VaultTokenStoreTest, a_vault_that_locks_at_any_moment_never_looks_like_a_sign_out) {
  testing::FakeProvider provider(clock_);
  NoRefreshLock lock;
  const auto session = Session::create({"https://id.example.com", "app"}, {provider, store_, lock, clock_}).value();
  testing::TestBrowser browser([&](const std::string& url) { return provider.authorize(url); });
  SignInOptions options;
  options.scope = protocol::oauth::Scope::parse("openid offline_access").value();
  ASSERT_TRUE(session->sign_in(browser, options));
  std::atomic<int> good = 0;
  std::atomic<int> others = 0;
  const auto use = [&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      const auto access = session->access();
      if (access) ++good;
      if (!access && access.error().code != Code::vault_locked) ++others;
    }
  };
  {
    std::vector<std::jthread> users;
    for (int i = 0; i < 3; ++i) users.emplace_back(use);
    for (int i = 0; i < 20; ++i) {
      clock_.advance(std::chrono::seconds(299));  // every token is renewed
      vault_->lock();
      ASSERT_TRUE(vault_->unlock({}));
      for (const int before = good; good == before && others == 0;) std::this_thread::yield();
    }
  }
  EXPECT_EQ(others, 0);
  vault_->lock();
  EXPECT_EQ(session->access().error().code, Code::vault_locked);
  EXPECT_EQ(session->state(), State::closed);
}

}  // namespace
}  // namespace latchkey::session
