#include "session/refresh_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/support/temporary_folder.h"

namespace latchkey::session {
namespace {

using namespace std::chrono_literals;

class FileRefreshLockTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "vault.refresh";
};

TEST_F(FileRefreshLockTest, one_holds_it_at_a_time) {
  FileRefreshLock lock(file_, 20ms);
  const auto held = lock.acquire({});
  ASSERT_TRUE(held);
  EXPECT_EQ(lock.acquire({}).error().code, Code::busy);
}

TEST_F(FileRefreshLockTest, letting_go_gives_it_to_the_next) {
  FileRefreshLock lock(file_, 10s);
  auto held = lock.acquire({});
  std::thread next([&] { EXPECT_TRUE(lock.acquire({})); });
  held->reset();
  next.join();
}

TEST_F(FileRefreshLockTest, waiting_can_be_cancelled) {
  FileRefreshLock lock(file_, 10s);
  const auto held = lock.acquire({});
  std::stop_source stop;
  std::thread canceller([&] { stop.request_stop(); });
  EXPECT_EQ(lock.acquire(stop.get_token()).error().code, Code::cancelled);
  canceller.join();
}

TEST_F(FileRefreshLockTest, a_killed_process_lets_go) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    FileRefreshLock lock(file_);
    const auto held = lock.acquire({});
    static_cast<void>(!write(ready[1], "x", 1));
    pause();
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  FileRefreshLock lock(file_, 20ms);
  EXPECT_EQ(lock.acquire({}).error().code, Code::busy);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(lock.acquire({}));
}

TEST_F(FileRefreshLockTest, the_file_is_the_users_own) {
  FileRefreshLock lock(file_);
  ASSERT_TRUE(lock.acquire({}));
  struct stat status{};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(FileRefreshLockTest, a_symbolic_link_is_not_followed) {
  std::filesystem::create_symlink(folder_.path() / "elsewhere", file_);
  FileRefreshLock lock(file_);
  EXPECT_FALSE(lock.acquire({}));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST_F(FileRefreshLockTest, a_folder_that_is_not_there_is_a_storage_failure) {
  FileRefreshLock lock(folder_.path() / "nowhere" / "vault.refresh");
  EXPECT_EQ(lock.acquire({}).error().code, Code::storage_failed);
}

}  // namespace
}  // namespace latchkey::session
