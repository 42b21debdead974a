// Writes that their unlocking did not come to tell the checkpoint's server of: the file says so itself, so the next
// unlocking tells of them, whoever locked, closed or killed the one before; and nothing that is late for one checkpoint
// is taken for a word on the next.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "tests/support/vault/memory_checkpoints.h"
#include "tests/support/vault/seen_events.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::CheckpointServer;
using testing::code_of;
using testing::MemoryCheckpoints;
using testing::SeenEvents;
using testing::text_of;
using testing::value_of;
namespace fs = std::filesystem;

class UncoveredWrites : public ::testing::Test {
 protected:
  VaultParts parts(std::unique_ptr<Checkpoints> checkpoints = nullptr) {
    VaultParts made = device.parts(file);
    made.checkpoints = checkpoints ? std::move(checkpoints) : std::make_unique<MemoryCheckpoints>(server);
    return made;
  }
  std::unique_ptr<Vault> make() {
    auto vault = Vault::create(parts(), testing::with_slots({SlotKind::in_memory, SlotKind::passcode}), user).value();
    EXPECT_TRUE(vault->set("latchkey/session", value_of("alice")));
    EXPECT_EQ(code_of(vault->set_checkpoint(CheckpointRule::required)), Code{});
    return vault;
  }
  std::unique_ptr<Vault> open(std::unique_ptr<Checkpoints> checkpoints = nullptr) {
    return Vault::open(parts(std::move(checkpoints))).value();
  }
  std::unique_ptr<Vault> opened(std::unique_ptr<Checkpoints> checkpoints = nullptr) {
    auto vault = open(std::move(checkpoints));
    EXPECT_EQ(code_of(vault->unlock({})), Code{});
    return vault;
  }
  // As a backup that is made at that moment, log and all.
  void keep() {
    for (const char* part : {"", "-wal"}) fs::copy_file(path(file, part), path(kept, part));
  }
  void put_back() {
    for (const char* part : {"", "-wal"})
      fs::copy_file(path(kept, part), path(file, part), fs::copy_options::overwrite_existing);
  }
  static fs::path path(const fs::path& of, const char* part) { return of.string() + part; }
  // Told of the first write, not of the second. A copy from between them is kept.
  void write_more_than_is_told(Vault& vault) {
    SeenEvents seen(vault);
    ASSERT_TRUE(vault.set("a", value_of("told")));
    ASSERT_TRUE(seen.wait_for_steps(1));
    keep();
    ASSERT_TRUE(vault.set("a", value_of("not told")));
    ASSERT_TRUE(status_of(vault).is_behind);
  }
  void expect_told_by_unlocking(Vault& vault) {
    SeenEvents seen(vault);
    EXPECT_EQ(code_of(vault.unlock({})), Code{});
    EXPECT_TRUE(seen.wait_for_steps(1)) << "without another write";
    EXPECT_FALSE(status_of(vault).is_behind);
    EXPECT_EQ(text_of(vault.get("a")), "not told");
  }
  void expect_kept_copy_is_old() {
    put_back();
    EXPECT_EQ(code_of(open()->unlock({})), Code::vault_rolled_back);
  }
  static CheckpointStatus status_of(Vault& vault) { return vault.status()->checkpoint.value(); }
  AnchorCount count() {
    const std::lock_guard hold(server->mutex);
    return server->counts.begin()->second;
  }

  testing::TemporaryFolder folder;
  fs::path file = folder.file();
  fs::path kept = folder.file("kept");
  testing::Device device;
  std::shared_ptr<CheckpointServer> server = std::make_shared<CheckpointServer>();
  Prompt user = testing::answering("correct horse");
};

TEST_F(UncoveredWrites, of_before_a_lock_are_told_by_the_next_unlocking) {
  {
    const auto vault = make();
    write_more_than_is_told(*vault);
    vault->lock();
    expect_told_by_unlocking(*vault);
  }
  expect_kept_copy_is_old();
}

TEST_F(UncoveredWrites, of_before_closing_are_told_by_another_process) {
  {
    const auto vault = make();
    write_more_than_is_told(*vault);
  }
  expect_told_by_unlocking(*open());
  expect_kept_copy_is_old();
}

TEST_F(UncoveredWrites, of_a_process_that_was_killed_are_told_by_the_next) {
  make();
  const pid_t child = ::fork();
  ASSERT_NE(child, -1);
  if (child == 0) {  // its server is a copy of this one's: what it is told is lost, as an answer can be
    const auto vault = open();
    EXPECT_EQ(code_of(vault->unlock(user, 2)), Code{}) << "keys in memory do not come with it";
    write_more_than_is_told(*vault);
    ::kill(::getpid(), HasFailure() ? SIGABRT : SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  const AnchorCount before = count();
  expect_told_by_unlocking(*open());
  EXPECT_EQ(count(), before + 2) << "of the step that the server did not hear of, and of the writes after it";
  expect_kept_copy_is_old();
}

TEST_F(UncoveredWrites, of_another_process_are_told_by_a_call_of_checkpoint) {
  const auto vault = make();
  const auto other = opened();
  write_more_than_is_told(*other);
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  EXPECT_FALSE(status_of(*vault).is_behind);
  EXPECT_EQ(text_of(other->get("a")), "not told");
  EXPECT_FALSE(status_of(*other).is_behind) << "it sees so when it reads";
}

TEST_F(UncoveredWrites, are_none_after_one_step_of_many_processes) {
  const auto vault = make();
  ASSERT_TRUE(vault->set("a", value_of("1")));
  ASSERT_EQ(code_of(vault->checkpoint()), Code{});
  vault->lock();
  const int before = server->calls;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(code_of(vault->unlock({})), Code{});
    EXPECT_FALSE(status_of(*vault).is_behind);
    vault->lock();
  }
  EXPECT_EQ(server->calls, before + 3) << "one question each";
}

// A store whose token is renewed by every question.
class RenewingCheckpoints final : public Checkpoints {
 public:
  explicit RenewingCheckpoints(std::shared_ptr<CheckpointServer> server) : store_(std::move(server)) {}
  Result<std::string> find_server(SessionRecords& records) override { return store_.find_server(records); }
  Result<AnchorCount> read(const CheckpointCall& call) override { return renewing(call, store_.read(call)); }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override {
    return renewing(call, store_.move(call, to));
  }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return store_.make(call, first); }
  Status remove(const CheckpointCall& call) override { return store_.remove(call); }

 private:
  static Result<AnchorCount> renewing(const CheckpointCall& call, Result<AnchorCount> answer) {
    TRY_DO(call.records.put("latchkey/session", value_of("alice")));
    return answer;
  }
  MemoryCheckpoints store_;
};

TEST_F(UncoveredWrites, are_not_what_asking_the_server_writes) {
  make();
  const auto vault = opened(std::make_unique<RenewingCheckpoints>(server));
  EXPECT_FALSE(status_of(*vault).is_behind) << "it read, and renewed its token";
  ASSERT_TRUE(vault->set("a", value_of("1")));
  EXPECT_EQ(code_of(vault->checkpoint()), Code{});
  EXPECT_FALSE(status_of(*vault).is_behind);
  vault->lock();
  const AnchorCount before = count();
  EXPECT_EQ(code_of(vault->unlock({})), Code{});
  EXPECT_FALSE(status_of(*vault).is_behind);
  EXPECT_EQ(count(), before);
}

// Its first move is on its way to the server until it may arrive.
class LateCheckpoints final : public Checkpoints {
 public:
  struct Way {
    std::atomic<bool> is_on_its_way = false, may_arrive = false;
  };
  LateCheckpoints(std::shared_ptr<CheckpointServer> server, Way& way) : store_(std::move(server)), way_(way) {}
  Result<std::string> find_server(SessionRecords& records) override { return store_.find_server(records); }
  Result<AnchorCount> read(const CheckpointCall& call) override { return store_.read(call); }
  Result<AnchorCount> move(const CheckpointCall& call, AnchorCount to) override {
    if (!way_.is_on_its_way.exchange(true)) {
      way_.is_on_its_way.notify_all();
      way_.may_arrive.wait(false);
    }
    return store_.move(call, to);
  }
  Result<AnchorCount> make(const CheckpointCall& call, AnchorCount first) override { return store_.make(call, first); }
  Status remove(const CheckpointCall& call) override { return store_.remove(call); }

 private:
  MemoryCheckpoints store_;
  Way& way_;
};

class LateStep : public UncoveredWrites {
 protected:
  // A vault whose step is on its way when another process does `work`; it arrives after it.
  void let_arrive_after(const std::function<void(Vault& other)>& work) {
    const auto other = make();
    for (const char* value : {"1", "2", "3"}) {
      ASSERT_TRUE(other->set("a", value_of(value)));
      ASSERT_EQ(code_of(other->checkpoint()), Code{});
    }
    late = opened(std::make_unique<LateCheckpoints>(server, way));
    seen.emplace(*late);
    ASSERT_TRUE(late->set("b", value_of("late")));
    way.is_on_its_way.wait(false);
    work(*other);
    way.may_arrive = true;
    way.may_arrive.notify_all();
    ASSERT_TRUE(seen->wait_for_steps(1));
    EXPECT_FALSE(seen->has_seen(LockReason::rolled_back));
    EXPECT_EQ(text_of(late->get("b")), "late");
    EXPECT_EQ(code_of(late->checkpoint()), Code{});
  }
  LateCheckpoints::Way way;
  std::unique_ptr<Vault> late;
  std::optional<SeenEvents> seen;
};

TEST_F(LateStep, is_no_word_on_a_checkpoint_that_was_dropped_and_added_again) {
  let_arrive_after([](Vault& other) {
    ASSERT_EQ(code_of(other.set_checkpoint(std::nullopt)), Code{});
    ASSERT_EQ(code_of(other.set_checkpoint(CheckpointRule::required)), Code{});
  });
  EXPECT_EQ(code_of(open()->unlock({})), Code{}) << "nor to a process that saw neither";
  EXPECT_FALSE(status_of(*late).is_behind);
}

TEST_F(LateStep, of_a_checkpoint_that_was_dropped_is_nothing_to_tell_of) {
  let_arrive_after([](Vault& other) { ASSERT_EQ(code_of(other.set_checkpoint(std::nullopt)), Code{}); });
  EXPECT_FALSE(late->status()->checkpoint);
  EXPECT_TRUE(server->counts.empty());
  EXPECT_EQ(code_of(open()->unlock({})), Code{});
}

// Nor does one whose making was cut short when only the server knew of it.
TEST_F(LateStep, or_another_that_adds_a_checkpoint_at_once_looks_like_no_rollback) {
  const auto vault = make();
  ASSERT_EQ(code_of(vault->set_checkpoint(std::nullopt)), Code{});
  server->lost_answers = 1;
  ASSERT_EQ(code_of(vault->set_checkpoint(CheckpointRule::required)), Code::network_timeout);
  ASSERT_FALSE(vault->status()->checkpoint);
  std::atomic<int> added = 0;
  {
    std::vector<std::unique_ptr<Vault>> others;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) others.push_back(opened());
    for (const auto& other : others)
      threads.emplace_back([&, at = other.get()] {
        const Status done = at->set_checkpoint(CheckpointRule::required);
        EXPECT_TRUE(done || done.error().code == Code::conflict) << to_string(done.error());
        added += done ? 1 : 0;
      });
  }
  EXPECT_GE(added, 1);
  EXPECT_EQ(code_of(open()->unlock({})), Code{});
}

}  // namespace
}  // namespace latchkey::vault
