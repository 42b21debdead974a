// A vault whose server hangs, fails or goes away while the vault is written to, locked and closed: writes wait for
// nobody, nothing that was acknowledged is lost, and no file looks older than it is.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/support/must_end_soon.h"
#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/unlocking.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::CheckpointServer;
using testing::code_of;
using testing::MemoryCheckpoints;
using testing::SeenEvents;
using testing::text_of;
using testing::value_of;

class CheckpointedWrites : public ::testing::Test {
 protected:
  VaultParts parts() {
    VaultParts made = device.parts(folder.file());
    made.checkpoints = std::make_unique<MemoryCheckpoints>(server);
    return made;
  }
  std::unique_ptr<Vault> make() {
    auto vault = Vault::create(parts(), testing::with_slots({SlotKind::in_memory}), {}).value();
    EXPECT_TRUE(vault->set("latchkey/session", value_of("alice")));
    EXPECT_EQ(code_of(vault->set_checkpoint(CheckpointRule::required)), Code{});
    return vault;
  }
  std::unique_ptr<Vault> opened() {
    auto vault = Vault::open(parts()).value();
    EXPECT_EQ(code_of(vault->unlock({})), Code{});
    return vault;
  }
  // By another process.
  void put_rule_of_a_later_version() {
    const VaultParts with = parts();
    const UnlockParts unlock{*with.records, with.key_stores, *with.device, with.clock, with.presences};
    auto slot = open_slot(unlock, 1, {}).value();
    auto keys = Keyring::create(std::move(slot.key), slot.header).value();
    std::optional<Contents> contents;
    const Status read = with.records->read([&](RecordReader& reader) -> Status {
      TRY(contents, Contents::open(std::move(keys), reader));
      return {};
    });
    ASSERT_EQ(code_of(read), Code{});
    const Anchor later{Bytes{2, 3, 'x'}, contents->manifest().epoch};
    const Status written =
        contents->write(*with.records, [&](RecordWriter& writer) { return contents->put_anchor(writer, later); });
    ASSERT_EQ(code_of(written), Code{});
  }
  static CheckpointStatus status_of(Vault& vault) { return vault.status()->checkpoint.value(); }

  testing::TemporaryFolder folder;
  testing::Device device;
  std::shared_ptr<CheckpointServer> server = std::make_shared<CheckpointServer>();
};

TEST_F(CheckpointedWrites, do_not_wait_for_a_server_that_hangs) {
  const auto vault = make();
  SeenEvents seen(*vault);
  server->hang();
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(server->wait_for_callers(1));
  for (const char* value : {"2", "3", "4"}) ASSERT_TRUE(vault->set("a", value_of(value)));
  EXPECT_TRUE(vault->remove("a"));
  EXPECT_TRUE(status_of(*vault).is_behind);
  EXPECT_TRUE(server->wait_for_callers(1)) << "one step at a time";
  server->go_on();
  ASSERT_TRUE(seen.wait_for_steps(1));
  EXPECT_TRUE(status_of(*vault).is_behind) << "of what was written meanwhile";
  device.clock.advance(1min);
  ASSERT_TRUE(seen.wait_for_steps(2));
  EXPECT_FALSE(status_of(*vault).is_behind);
}

TEST_F(CheckpointedWrites, that_could_not_be_told_are_told_later_and_the_status_says_why) {
  const auto vault = make();
  SeenEvents seen(*vault);
  server->failure = Code::login_required;
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(seen.wait_for_steps(1, Code::login_required));
  EXPECT_EQ(status_of(*vault).problem->code, Code::login_required);
  server->failure = Code::network_unreachable;
  device.clock.advance(2s);
  ASSERT_TRUE(seen.wait_for_steps(1, Code::network_unreachable)) << "again, without another write";
  EXPECT_TRUE(status_of(*vault).is_behind);
  EXPECT_FALSE(vault->is_locked());
  server->failure.reset();
  device.clock.advance(4s);
  ASSERT_TRUE(seen.wait_for_steps(1));
  EXPECT_FALSE(status_of(*vault).problem);
  EXPECT_FALSE(status_of(*vault).is_behind);
}

// As a host's own store may, whatever it means by it.
TEST_F(CheckpointedWrites, that_the_store_cancels_by_itself_are_told_later) {
  const auto vault = make();
  SeenEvents seen(*vault);
  server->failure = Code::cancelled;
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(seen.wait_for_steps(1, Code::cancelled));
  EXPECT_EQ(status_of(*vault).problem->code, Code::cancelled);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(vault->set("a", value_of("2")));
  EXPECT_EQ(seen.count_steps(), 1U) << "not again before it is due";
  server->failure.reset();
  device.clock.advance(2s);
  ASSERT_TRUE(seen.wait_for_steps(1));
  EXPECT_FALSE(status_of(*vault).problem);
  EXPECT_EQ(seen.count_steps(), 2U);
}

TEST_F(CheckpointedWrites, under_a_rule_of_a_later_version_are_tried_now_and_then) {
  const auto vault = make();
  SeenEvents seen(*vault);
  put_rule_of_a_later_version();
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(seen.wait_for_steps(1, Code::future_version));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(vault->set("a", value_of("2")));
  EXPECT_EQ(seen.count_steps(), 1U) << "not again before it is due";
  device.clock.advance(2s);
  ASSERT_TRUE(seen.wait_for_steps(2, Code::future_version));
  EXPECT_EQ(seen.count_steps(), 2U);
}

TEST_F(CheckpointedWrites, more_than_a_thousand_are_told_before_the_minute_is_over) {
  const auto vault = make();
  SeenEvents seen(*vault);
  ASSERT_TRUE(vault->set("a", value_of("first")));
  ASSERT_TRUE(seen.wait_for_steps(1));
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(vault->set("a", value_of("x")));
  EXPECT_TRUE(seen.wait_for_steps(2));
}

TEST_F(CheckpointedWrites, locking_ends_the_step_under_way) {
  const auto vault = make();
  for (int round = 0; round < 5; ++round) {
    server->hang();
    const std::string value = std::to_string(round);
    ASSERT_TRUE(vault->set("a", value_of(value)));
    ASSERT_TRUE(server->wait_for_callers(1));
    vault->lock();
    ASSERT_TRUE(server->wait_for_callers(0)) << "the token in its hands is let go";
    server->go_on();
    ASSERT_EQ(code_of(vault->unlock({})), Code{});
    EXPECT_EQ(text_of(vault->get("a")), value);
    EXPECT_TRUE(status_of(*vault).is_verified);
    EXPECT_FALSE(status_of(*vault).problem);
  }
}

TEST_F(CheckpointedWrites, destroying_ends_the_step_under_way) {
  const latchkey::testing::MustEndSoon must_end_soon;
  const auto vault = make();
  SeenEvents seen(*vault);
  server->hang();
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(server->wait_for_callers(1));
  const int asked = server->calls;
  Status destroyed;
  {
    const std::jthread destroyer([&] { destroyed = vault->destroy(); });
    while (server->calls == asked) std::this_thread::yield();  // the step was let go: the server is to forget the vault
    server->go_on();
  }
  EXPECT_EQ(code_of(destroyed), Code{});
  EXPECT_TRUE(server->counts.empty());
  EXPECT_TRUE(seen.wait_for_locks({LockReason::destroyed}));
  EXPECT_EQ(seen.count_steps(), 0U);
}

TEST_F(CheckpointedWrites, destroying_need_not_wait_for_a_server_that_hangs) {
  const auto vault = make();
  server->hang();
  std::stop_source patience;
  Status destroyed;
  {
    const std::jthread destroyer([&] { destroyed = vault->destroy(patience.get_token()); });
    EXPECT_TRUE(server->wait_for_callers(1));
    patience.request_stop();
  }
  EXPECT_EQ(code_of(destroyed), Code{});
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
  EXPECT_EQ(server->counts.size(), 1U) << "nobody asks for it";
}

TEST_F(CheckpointedWrites, closing_ends_the_step_under_way_and_loses_nothing) {
  make();
  for (int round = 0; round < 5; ++round) {
    const std::string value = std::to_string(round);
    {
      const auto vault = opened();
      server->hang();
      ASSERT_TRUE(vault->set("a", value_of("before")));
      ASSERT_TRUE(server->wait_for_callers(1));
      ASSERT_TRUE(vault->set("a", value_of(value)));
    }
    server->go_on();
    EXPECT_EQ(text_of(opened()->get("a")), value);
  }
}

TEST_F(CheckpointedWrites, a_call_of_checkpoint_may_give_up_its_turn) {
  const auto vault = make();
  server->hang();
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_TRUE(server->wait_for_callers(1));
  std::stop_source patience;
  Status called;
  {
    const std::jthread caller([&] { called = vault->checkpoint(patience.get_token()); });
    patience.request_stop();
  }
  EXPECT_EQ(code_of(called), Code::cancelled);
  EXPECT_FALSE(status_of(*vault).problem);
  server->go_on();
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
}

// A server whose first move takes as long as it likes, whoever gave up waiting for it.
class StubbornCheckpoints final : public Checkpoints {
 public:
  StubbornCheckpoints(std::shared_ptr<CheckpointServer> server, std::atomic<int>& moves, std::atomic<bool>& may_end)
      : store_(std::move(server)), moves_(moves), may_end_(may_end) {}
  Result<std::string> find_server(SessionRecords& records) override { return store_.find_server(records); }
  Result<AnchorCount> read(const CheckpointCall& call) override { return store_.read(call); }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override {
    auto moved = store_.move(call, to);
    const bool is_first = moves_++ == 0;
    moves_.notify_all();
    if (is_first) may_end_.wait(false);
    return moved;
  }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return store_.make(call, first); }
  Status remove(const CheckpointCall& call) override { return store_.remove(call); }

 private:
  MemoryCheckpoints store_;
  std::atomic<int>& moves_;
  std::atomic<bool>& may_end_;
};

TEST_F(CheckpointedWrites, a_step_that_outlives_its_unlocking_changes_nothing_of_the_next) {
  make();
  std::atomic<int> moves = 0;
  std::atomic<bool> may_end = false;
  VaultParts stubborn = parts();
  stubborn.checkpoints = std::make_unique<StubbornCheckpoints>(server, moves, may_end);
  const auto vault = Vault::open(std::move(stubborn)).value();
  ASSERT_EQ(code_of(vault->unlock({})), Code{});
  ASSERT_TRUE(vault->set("a", value_of("1")));
  moves.wait(0);
  vault->lock();
  ASSERT_EQ(code_of(vault->unlock({})), Code{}) << "which takes no turn";
  ASSERT_TRUE(vault->set("a", value_of("2")));
  SeenEvents seen(*vault);
  may_end = true;
  may_end.notify_all();
  ASSERT_TRUE(seen.wait_for_steps(1)) << "of the second unlocking";
  EXPECT_FALSE(vault->is_locked());
  EXPECT_EQ(text_of(vault->get("a")), "2");
  EXPECT_FALSE(status_of(*vault).is_behind);
  EXPECT_FALSE(status_of(*vault).problem);
}

TEST_F(CheckpointedWrites, of_many_threads_with_locks_failures_and_calls_between_never_look_older) {
  std::atomic<int> ended = 0;
  std::array<std::atomic<int>, 3> acknowledged{};
  {
    const auto vault = make();
    SeenEvents seen(*vault);
    std::atomic<bool> is_over = false;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 3; ++i)
      threads.emplace_back([&, i] {
        for (int j = 1; j <= 60; ++j) {
          const Status written = vault->set("of/" + std::to_string(i), value_of(std::to_string(j)));
          EXPECT_TRUE(written || written.error().code == Code::vault_locked);
          if (written) acknowledged.at(i) = j;
        }
        ++ended;
      });
    threads.emplace_back([&] {
      for (int round = 0; !is_over; ++round) {
        if (round % 3 == 0) server->failure = Code::network_timeout;
        if (round % 3 == 1) server->failure.reset();
        server->lost_answers = round % 2;
        device.clock.advance(5s);
        const Status called = vault->checkpoint();
        EXPECT_NE(code_of(called), Code::vault_rolled_back);
      }
    });
    threads.emplace_back([&] {
      while (!is_over) {
        vault->lock();
        while (!vault->unlock({}) && !is_over) std::this_thread::yield();
      }
    });
    while (ended < 3) std::this_thread::yield();
    is_over = true;
    threads.clear();
    EXPECT_FALSE(seen.has_seen(LockReason::rolled_back));
  }
  server->failure.reset();
  server->lost_answers = 0;
  const auto vault = opened();
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  EXPECT_TRUE(vault->verify());
  for (std::size_t i = 0; i < acknowledged.size(); ++i)
    if (acknowledged.at(i) != 0)
      EXPECT_EQ(text_of(vault->get("of/" + std::to_string(i))), std::to_string(acknowledged.at(i)));
}

}  // namespace
}  // namespace latchkey::vault
