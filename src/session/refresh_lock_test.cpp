#include "session/refresh_lock.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/temporary_folder.h"

namespace latchkey::session {
namespace {

using namespace std::chrono_literals;

TEST(FileRefreshLockTest, one_refreshes_at_a_time) {
  const testing::TemporaryFolder folder;
  FileRefreshLock lock(folder.path() / "vault.refresh", 20ms);
  const auto held = lock.acquire({});
  ASSERT_TRUE(held);
  EXPECT_EQ(lock.acquire({}).error().code, Code::busy);
}

TEST(FileRefreshLockTest, letting_go_gives_it_to_the_next) {
  const testing::TemporaryFolder folder;
  FileRefreshLock lock(folder.path() / "vault.refresh", 10s);
  auto held = lock.acquire({});
  std::thread next([&] { EXPECT_TRUE(lock.acquire({})); });
  held->reset();
  next.join();
}

TEST(FileRefreshLockTest, waiting_can_be_cancelled) {
  const testing::TemporaryFolder folder;
  FileRefreshLock lock(folder.path() / "vault.refresh", 10s);
  const auto held = lock.acquire({});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(lock.acquire(stop.get_token()).error().code, Code::cancelled);
}

TEST(NoRefreshLockTest, keeps_nobody_out) {
  NoRefreshLock lock;
  const auto held = lock.acquire({});
  EXPECT_TRUE(held);
  EXPECT_TRUE(lock.acquire({}));
}

}  // namespace
}  // namespace latchkey::session
