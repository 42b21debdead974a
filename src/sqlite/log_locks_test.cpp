#include "sqlite/log_locks.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <set>
#include <string>
#include <vector>

namespace latchkey::sqlite {
namespace {

constexpr int lock_shared = SQLITE_SHM_LOCK | SQLITE_SHM_SHARED;
constexpr int lock_exclusive = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
constexpr int unlock_shared = SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED;
constexpr int unlock_exclusive = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
constexpr int mark = first_log_read_lock + 1;

// The layer below: what it is asked, and what others hold.
struct Below {
  sqlite3_file file{};
  sqlite3_io_methods methods{};
  std::vector<std::string> asked;
  std::set<int> taken;  // by others

  Below() {
    methods.xShmLock = [](sqlite3_file* file, int first, int count, int flags) {
      Below& self = *reinterpret_cast<Below*>(file);
      const bool is_lock = (flags & SQLITE_SHM_LOCK) != 0;
      const char* const how = (flags & SQLITE_SHM_SHARED) != 0 ? "shared " : "exclusive ";
      self.asked.push_back((is_lock ? "+" : "-") + std::string(how) + std::to_string(first) +
                           (count == 1 ? "" : ".." + std::to_string(first + count - 1)));
      return is_lock && self.taken.contains(first) ? SQLITE_BUSY : SQLITE_OK;
    };
    file.pMethods = &methods;
  }
};
static_assert(std::is_standard_layout_v<sqlite3_file>);

class LogLocksTest : public ::testing::Test {
 protected:
  Below below;
  LogLocks locks;
  using Asked = std::vector<std::string>;

  int lock(int which, int flags) { return locks.lock(&below.file, which, 1, flags); }
  // What SQLite does when a transaction that writes begins.
  void begin() {
    EXPECT_TRUE(locks.hold(&below.file));
    for (int i = 0; i < log_read_locks - 1; ++i) EXPECT_EQ(lock(mark + i, lock_exclusive), SQLITE_BUSY);
    EXPECT_EQ(lock(mark, lock_shared), SQLITE_OK);
    EXPECT_EQ(lock(log_write_lock, lock_exclusive), SQLITE_OK);
    EXPECT_FALSE(locks.is_held());
  }
};

TEST_F(LogLocksTest, a_commit_asks_twice) {
  begin();
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "-exclusive 0"}));
}

TEST_F(LogLocksTest, the_write_lock_goes_with_the_last_of_what_it_stands_for) {
  begin();
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(below.asked.size(), 1U);  // a statement may still read
  EXPECT_EQ(lock(log_write_lock, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(below.asked.size(), 1U);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked.back(), "-exclusive 0");
}

TEST_F(LogLocksTest, a_beginning_that_fails_leaves_it_to_be_given_back) {
  EXPECT_TRUE(locks.hold(&below.file));
  EXPECT_EQ(lock(mark, lock_shared), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_TRUE(locks.is_held());
  locks.give_back(&below.file);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "-exclusive 0"}));
}

TEST_F(LogLocksTest, is_given_back_once) {
  begin();
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  locks.give_back(&below.file);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "-exclusive 0"}));
  EXPECT_TRUE(locks.hold(&below.file));
  EXPECT_FALSE(locks.hold(&below.file));
}

// Nobody may write between the index's repair and the transaction that was to follow it.
TEST_F(LogLocksTest, outlasts_a_repair_of_the_index) {
  EXPECT_TRUE(locks.hold(&below.file));
  EXPECT_EQ(lock(log_write_lock, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, lock_exclusive), SQLITE_OK);  // the repair sets marks
  EXPECT_EQ(lock(mark, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "+exclusive 4", "-exclusive 4"}));
  EXPECT_TRUE(locks.is_held());
  EXPECT_EQ(lock(mark, lock_shared), SQLITE_OK);
  EXPECT_EQ(lock(log_write_lock, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked.back(), "-exclusive 0");
}

TEST_F(LogLocksTest, while_another_writes_all_is_as_sqlite_asks) {
  below.taken = {log_write_lock};
  EXPECT_FALSE(locks.hold(&below.file));
  EXPECT_EQ(lock(mark, lock_shared), SQLITE_OK);
  EXPECT_EQ(lock(log_write_lock, lock_exclusive), SQLITE_BUSY);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "+shared 4", "+exclusive 0", "-shared 4"}));
}

TEST_F(LogLocksTest, marks_are_refused_once_each) {
  EXPECT_TRUE(locks.hold(&below.file));
  below.asked.clear();
  for (int i = 0; i < log_read_locks - 1; ++i) EXPECT_EQ(lock(mark + i, lock_exclusive), SQLITE_BUSY);
  EXPECT_TRUE(below.asked.empty());
  EXPECT_EQ(lock(mark, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 4"}));
}

// SQLite gives up the reader's lock in the middle of a write when the log begins anew.
TEST_F(LogLocksTest, the_write_lock_outlives_the_readers_that_it_stood_for) {
  begin();
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_EQ(lock(mark + 1, lock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "+shared 5"}));
  EXPECT_EQ(lock(log_write_lock, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark + 1, unlock_shared), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 0", "+shared 5", "-exclusive 0", "-shared 5"}));
}

TEST_F(LogLocksTest, readers_and_ranges_pass) {
  EXPECT_EQ(lock(mark, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_exclusive), SQLITE_OK);
  EXPECT_EQ(lock(mark, lock_shared), SQLITE_OK);
  EXPECT_EQ(lock(mark, unlock_shared), SQLITE_OK);
  EXPECT_TRUE(locks.hold(&below.file));
  EXPECT_EQ(locks.lock(&below.file, 1, 2, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(locks.lock(&below.file, mark, 4, lock_exclusive), SQLITE_OK);
  EXPECT_EQ(below.asked, (Asked{"+exclusive 4", "-exclusive 4", "+shared 4", "-shared 4", "+exclusive 0",
                                "+exclusive 1..2", "+exclusive 4..7"}));
}

}  // namespace
}  // namespace latchkey::sqlite
