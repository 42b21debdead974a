#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/support/temporary_folder.h"

namespace latchkey {
namespace {

using namespace std::chrono_literals;

class FileLockTest : public ::testing::Test {
 protected:
  Result<FileLock> acquire(std::chrono::milliseconds patience = 10s, const std::stop_token& stop = {}) const {
    return FileLock::acquire(file_, patience, stop);
  }
  testing::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "vault.lock";
};

TEST_F(FileLockTest, one_holds_it_at_a_time) {
  const auto held = acquire();
  ASSERT_TRUE(held);
  EXPECT_FALSE(held->has_waited());
  EXPECT_EQ(acquire(20ms).error().code, Code::busy);
}

TEST_F(FileLockTest, letting_go_gives_it_to_the_next) {
  std::optional<Result<FileLock>> held = acquire();
  EXPECT_EQ(acquire(20ms).error().code, Code::busy);
  std::thread next([&] {
    const auto mine = acquire();
    ASSERT_TRUE(mine);
  });
  held.reset();
  next.join();
}

TEST_F(FileLockTest, waiting_can_be_cancelled) {
  const auto held = acquire();
  std::stop_source stop;
  std::thread canceller([&] { stop.request_stop(); });
  EXPECT_EQ(acquire(10s, stop.get_token()).error().code, Code::cancelled);
  canceller.join();
}

TEST_F(FileLockTest, a_killed_process_lets_go) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = acquire();
    static_cast<void>(!write(ready[1], "x", 1));
    pause();
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_EQ(acquire(20ms).error().code, Code::busy);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(acquire());
}

TEST_F(FileLockTest, the_file_is_the_users_own) {
  ASSERT_TRUE(acquire());
  struct stat status{};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(FileLockTest, a_symbolic_link_is_not_followed) {
  std::filesystem::create_symlink(folder_.path() / "elsewhere", file_);
  EXPECT_FALSE(acquire());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere"));
}

TEST_F(FileLockTest, a_folder_that_is_not_there_is_a_storage_failure) {
  file_ = folder_.path() / "nowhere" / "vault.lock";
  EXPECT_EQ(acquire().error().code, Code::storage_failed);
}

}  // namespace
}  // namespace latchkey
