// Changes by other processes, of one file on the disk.
#include "vault/change_watch.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;
using testing::value_of;

// Calls that were made, to wait for.
class Calls final {
 public:
  std::function<void()> counter() {
    return [this] {
      const std::lock_guard hold(mutex_);
      ++count_;
      changed_.notify_all();
    };
  }
  bool wait_for(int count) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, std::chrono::seconds(30), [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard hold(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

// Does what it is told to do to a vault; forked while this program has no other threads, for theirs would leave their
// locks behind.
class OtherProcess final {
 public:
  enum class Order : char { set = 's', remove = 'x', rotate = 'r' };

  OtherProcess(const testing::Device& device, const std::filesystem::path& file) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::close(ends_[0]);
    for (Order order{}; ::read(ends_[1], &order, 1) == 1;) {
      const char answer = obey(device, file, order) ? 'y' : 'n';
      if (::write(ends_[1], &answer, 1) != 1) ::_exit(1);
    }
    ::_exit(0);
  }
  ~OtherProcess() {
    for (const int end : ends_) ::close(end);
    ::waitpid(pid_, nullptr, 0);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void does(Order order) const {
    char answer = 0;
    EXPECT_EQ(::write(ends_[0], &order, 1), 1);
    EXPECT_EQ(::read(ends_[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
  }

 private:
  static bool obey(const testing::Device& device, const std::filesystem::path& file, Order order) {
    const auto vault = testing::open_vault(device, file);
    if (!vault->unlock(answering("correct horse"))) return false;
    if (order == Order::set) return vault->set("a", value_of("1")).has_value();
    return (order == Order::remove ? vault->remove("a") : vault->rotate()).has_value();
  }

  std::array<int, 2> ends_{};
  pid_t pid_ = -1;
};
using Order = OtherProcess::Order;

class ChangeWatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChangeWatch> watch() {
    auto started = ChangeWatch::start(*vault, file, calls.counter());
    EXPECT_TRUE(started.has_value()) << to_string(started.error());
    return *std::move(started);
  }

  testing::TemporaryFolder folder;
  std::filesystem::path file = folder.file();
  testing::Device device;
  const OtherProcess other{device, file};  // before the vault is open: SQLite is not carried over fork(2)
  std::unique_ptr<Vault> vault = make_vault(device, file, testing::with_slots({SlotKind::passcode}));
  Calls calls;
};

TEST_F(ChangeWatchTest, tells_of_a_change_by_another_process) {
  const auto watching = watch();
  other.does(Order::set);
  ASSERT_TRUE(calls.wait_for(1));
  EXPECT_EQ(testing::text_of(vault->get("a")), "1");
  const int before = calls.count();
  other.does(Order::remove);
  EXPECT_TRUE(calls.wait_for(before + 1));
}

TEST_F(ChangeWatchTest, tells_even_when_the_change_was_read_before_it_looked) {
  const auto watching = watch();
  other.does(Order::set);
  EXPECT_EQ(testing::text_of(vault->get("a")), "1");
  EXPECT_TRUE(calls.wait_for(1));
}

TEST_F(ChangeWatchTest, says_nothing_of_its_own_changes) {
  const auto watching = watch();
  const auto before = vault->get_revision_by_others();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(vault->set("own", value_of(std::to_string(i))).has_value());
  ASSERT_TRUE(vault->rotate().has_value());
  EXPECT_EQ(vault->get_revision_by_others(), before);
  other.does(Order::set);
  ASSERT_TRUE(calls.wait_for(1));
  EXPECT_EQ(vault->get_revision_by_others(), *before + 1);
  EXPECT_EQ(calls.count(), 1);
}

TEST_F(ChangeWatchTest, what_happened_while_it_was_locked_is_told_after_unlocking) {
  const auto watching = watch();
  vault->lock();
  other.does(Order::set);
  EXPECT_EQ(code_of(vault->get_revision_by_others()), Code::vault_locked);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_TRUE(calls.wait_for(1));
}

TEST_F(ChangeWatchTest, a_rotation_elsewhere_locks_this_one) {
  const auto watching = watch();
  other.does(Order::rotate);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!vault->is_locked() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(ChangeWatchTest, watching_is_no_use_of_the_vault) {
  const auto watching = watch();
  device.clock.advance(LockPolicy().lock_after_idle - std::chrono::seconds(1));
  other.does(Order::set);
  ASSERT_TRUE(calls.wait_for(1));
  device.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(ChangeWatchTest, the_callback_may_use_the_vault) {
  std::string seen;
  Calls done;
  const auto started = ChangeWatch::start(*vault, file, [&, tell = done.counter()] {
    seen = testing::text_of(vault->get("a"));
    tell();
  });
  ASSERT_TRUE(started.has_value());
  other.does(Order::set);
  ASSERT_TRUE(done.wait_for(1));
  EXPECT_EQ(seen, "1");
}

TEST_F(ChangeWatchTest, ends_at_once_and_a_folder_that_is_not_there_is_told) {
  {
    const auto watching = watch();
  }
  EXPECT_EQ(code_of(ChangeWatch::start(*vault, folder.file("nowhere/x.vault"), [] {})), Code::not_found);
}

}  // namespace
}  // namespace latchkey::vault
