// Observers that call the vault back, for things that only one may do at a time.
#include "vault/observers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/support/must_end_soon.h"
#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::CheckpointServer;
using testing::code_of;
using testing::value_of;

TEST(Observers, are_told_when_the_outermost_turn_of_their_thread_is_over) {
  Observers observers;
  std::vector<LockReason> told;
  const auto observing = observers.add({.on_lock = [&](const LockedEvent& event) { told.push_back(event.reason); },
                                        .on_unlock = {},
                                        .on_config_changed = {},
                                        .on_checkpoint = {}});
  {
    const Observers::HoldingBack outer(observers);
    {
      const std::lock_guard inner(observers.turn);
      observers.announce(LockedEvent{LockReason::idle});
    }
    std::jthread([&] { observers.announce(LockedEvent{LockReason::manual}); }).join();
    EXPECT_EQ(told, std::vector{LockReason::manual}) << "of another thread";
  }
  EXPECT_EQ(told, (std::vector{LockReason::manual, LockReason::idle}));
  observers.announce(LockedEvent{LockReason::screen_off});
  EXPECT_EQ(told.size(), 3U);
}

class CalledBack : public ::testing::Test {
 protected:
  std::unique_ptr<Vault> make() {
    VaultParts parts = device.parts(folder.file());
    parts.checkpoints = std::make_unique<testing::MemoryCheckpoints>(server);
    auto vault = Vault::create(std::move(parts), testing::with_slots({SlotKind::in_memory}), {}).value();
    EXPECT_TRUE(vault->set("latchkey/session", value_of("alice")));
    EXPECT_EQ(code_of(vault->set_checkpoint(CheckpointRule::required)), Code{});
    return vault;
  }
  // Calls everything that takes a turn, once, on whichever of these events comes first.
  auto call_back_from(Vault& vault) {
    const auto call = [this, &vault] {
      if (is_called.exchange(true)) return;
      const Code stepped = code_of(vault.checkpoint());
      static_cast<void>(vault.set_checkpoint(CheckpointRule::when_reachable));
      static_cast<void>(vault.check_slot(1, {}));
      static_cast<void>(vault.unlock({}));
      called.set_value(stepped);
    };
    return vault.observe({.on_lock = [call](const LockedEvent&) { call(); },
                          .on_unlock = [call](const UnlockedEvent&) { call(); },
                          .on_config_changed = [call](const ConfigChangedEvent&) { call(); },
                          .on_checkpoint = {}});
  }
  std::optional<Code> stepped() {
    auto answer = called.get_future();
    return answer.wait_for(20s) == std::future_status::ready ? std::optional(answer.get()) : std::nullopt;
  }

  latchkey::testing::MustEndSoon must_end_soon;
  testing::TemporaryFolder folder;
  testing::Device device;
  std::shared_ptr<CheckpointServer> server = std::make_shared<CheckpointServer>();
  std::atomic<bool> is_called = false;
  std::promise<Code> called;
};

TEST_F(CalledBack, when_a_rollback_is_accepted) {
  const auto vault = make();
  vault->lock();
  const auto observing = call_back_from(*vault);
  EXPECT_EQ(code_of(vault->accept_rollback({})), Code{});
  EXPECT_EQ(stepped(), Code{});
}

TEST_F(CalledBack, when_the_vault_is_destroyed) {
  const auto vault = make();
  const auto observing = call_back_from(*vault);
  EXPECT_EQ(code_of(vault->destroy()), Code{});
  EXPECT_EQ(stepped(), Code::vault_locked);
}

TEST_F(CalledBack, when_its_protection_changed) {
  const auto vault = make();
  VaultConfig config;
  config.protection.type = VaultType::secure_storage;
  config.kept_slots = {1};
  const auto observing = call_back_from(*vault);
  EXPECT_EQ(code_of(vault->update_config(config, {})), Code{});
  EXPECT_EQ(stepped(), Code{});
}

TEST_F(CalledBack, when_a_call_of_checkpoint_finds_the_idle_time_over) {
  const auto vault = make();
  const auto observing = call_back_from(*vault);
  device.clock.advance(6min);
  EXPECT_EQ(code_of(vault->checkpoint()), Code::vault_locked);
  EXPECT_EQ(stepped(), Code::vault_locked);
}

TEST_F(CalledBack, when_the_worker_finds_the_idle_time_over) {
  const auto vault = make();
  testing::SeenEvents seen(*vault);
  server->failure = Code::network_timeout;
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(seen.wait_for_steps(1, Code::network_timeout));
  server->failure.reset();
  const auto observing = call_back_from(*vault);
  device.clock.advance(6min);
  EXPECT_EQ(stepped(), Code::vault_locked) << "the worker tries again by itself";
  EXPECT_TRUE(seen.has_seen(LockReason::idle));
}

TEST_F(CalledBack, may_destroy_what_was_found_locked) {
  const auto vault = make();
  const auto observing = vault->observe({.on_lock =
                                             [&](const LockedEvent& event) {
                                               if (event.reason == LockReason::idle)
                                                 called.set_value(code_of(vault->destroy()));
                                             },
                                         .on_unlock = {},
                                         .on_config_changed = {},
                                         .on_checkpoint = {}});
  device.clock.advance(6min);
  EXPECT_EQ(code_of(vault->set_checkpoint(std::nullopt)), Code::vault_locked);
  EXPECT_EQ(stepped(), Code{});
}

TEST_F(CalledBack, may_lock_and_unlock_what_was_just_unlocked) {
  const auto vault = make();
  vault->lock();
  const auto observing = vault->observe({.on_lock = {},
                                         .on_unlock =
                                             [&](const UnlockedEvent&) {
                                               if (is_called.exchange(true)) return;
                                               vault->lock();
                                               called.set_value(code_of(vault->unlock({})));
                                             },
                                         .on_config_changed = {},
                                         .on_checkpoint = {}});
  EXPECT_EQ(code_of(vault->unlock({})), Code{});
  EXPECT_EQ(stepped(), Code{});
}

}  // namespace
}  // namespace latchkey::vault
