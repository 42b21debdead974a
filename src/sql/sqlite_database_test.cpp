// What only the SQLite adapter promises: private files, all or nothing when a commit fails, a bounded log and queue.
#include "sql/sqlite_database.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <latch>
#include <thread>

#include "sqlite/connection.h"
#include "tests/support/databases.h"

namespace latchkey::sql {
namespace {

namespace fs = std::filesystem;

class SqliteDatabaseFile : public ::testing::Test {
 protected:
  std::unique_ptr<Database> open(SqliteOptions options = {}) const {
    options.file = kind_.file();
    auto opened = open_sqlite(options);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return opened ? *std::move(opened) : nullptr;
  }
  static Result<std::int64_t> run(Database& db, std::string_view sql) {
    return db.write([&](Transaction& tx) { return tx.execute(sql); }).get();
  }
  static std::int64_t count(Database& db) {
    const auto rows = db.read([](Transaction& tx) { return tx.query("SELECT COUNT(*) FROM t"); }).get();
    return rows ? (*rows)[0].get<std::int64_t>(0).value_or(-1) : -1;
  }
  fs::path wal() const { return kind_.file().string() + "-wal"; }

  tests::OnSqlite kind_;
};

// Files of this process cannot grow past what they are: every write of a commit fails.
class FullDisk final {
 public:
  explicit FullDisk(rlim_t size) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{size, old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_limit_ = {};
  void (*old_handler_)(int);
};

TEST_F(SqliteDatabaseFile, belongs_to_its_owner_alone) {
  const auto db = open();
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  for (const auto& entry : fs::directory_iterator(kind_.folder)) {
    struct stat found = {};
    ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST_F(SqliteDatabaseFile, is_one_file_again_after_a_clean_stop) {
  auto db = open();
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  EXPECT_EQ(count(*db), 0);
  db.reset();
  EXPECT_EQ(std::distance(fs::directory_iterator(kind_.folder), {}), 1);
}

TEST_F(SqliteDatabaseFile, uses_the_settings_durability_needs) {
  const auto db = open();
  const auto setting = [&](std::string_view pragma) {
    const auto rows = db->write([&](Transaction& tx) { return tx.query(pragma); }).get();
    return (*rows)[0].get<std::int64_t>(0).value_or(-1);
  };
  EXPECT_EQ(setting("PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(setting("PRAGMA foreign_keys"), 1);
  EXPECT_EQ(setting("PRAGMA cell_size_check"), 1);
  EXPECT_EQ(setting("PRAGMA trusted_schema"), 0);
}

TEST_F(SqliteDatabaseFile, answers_failure_to_the_whole_group_when_the_commit_fails) {
  constexpr int group = 20;
  const auto db = open();
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT PRIMARY KEY, b BYTEA)"));
  ASSERT_TRUE(run(*db, "INSERT INTO t (id) VALUES (-1)"));
  std::latch started(1);
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  {
    const FullDisk full(fs::file_size(wal()));
    threads.emplace_back([&] {  // holds the writer until the others wait; it may itself be of the group
      std::ignore = db->write([&](Transaction&) -> Status { return started.wait(), Status(); }).get();
    });
    for (int i = 0; i < group; ++i) {
      threads.emplace_back([&, i] {
        const auto insert = [i](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES ($1)", i); };
        const auto done = db->write(insert).get();
        if (!done && done.error().code == Code::storage_failed) ++failed;
      });
    }
    started.count_down();
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(failed, group);
  EXPECT_EQ(count(*db), 1);
  EXPECT_TRUE(run(*db, "INSERT INTO t (id) VALUES (1)"));  // space is there again
  EXPECT_EQ(count(*db), 2);
}

TEST_F(SqliteDatabaseFile, refuses_writes_beyond_the_queue) {
  const auto db = open({.max_queued_writes = 4});
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  std::latch release(1), blocked(1);
  std::thread blocker([&] {
    const auto block = [&](Transaction&) -> Status { return blocked.count_down(), release.wait(), Status(); };
    EXPECT_TRUE(db->write(block).get());
  });
  blocked.wait();
  constexpr int count_of_writers = 12, queue = 4;
  std::atomic<int> kept = 0, refused = 0;
  std::latch refusals(count_of_writers - queue);
  std::vector<std::thread> threads;
  for (int i = 0; i < count_of_writers; ++i) {
    threads.emplace_back([&] {
      const auto done = run(*db, "INSERT INTO t (id) VALUES (1)");
      if (done) ++kept;
      if (!done && done.error().code == Code::busy) ++refused, refusals.count_down();
    });
  }
  refusals.wait();
  release.count_down();
  for (auto& thread : threads) thread.join();
  blocker.join();
  EXPECT_EQ(kept, queue);
  EXPECT_EQ(refused, count_of_writers - queue);
}

TEST_F(SqliteDatabaseFile, keeps_its_log_within_bounds) {
  constexpr int max_pages = 64;
  const auto db = open({.idle_checkpoint_pages = 1 << 30, .max_wal_pages = max_pages});
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT, b BYTEA)"));
  const Bytes page(4'000);
  for (int i = 0; i < 200; ++i) {
    const auto insert = [&](Transaction& tx) { return tx.execute("INSERT INTO t (id, b) VALUES ($1, $2)", i, page); };
    ASSERT_TRUE(db->write(insert).get());
    ASSERT_LT(fs::file_size(wal()), (max_pages + 32) * 4'200U);
  }
  EXPECT_EQ(count(*db), 200);
}

TEST_F(SqliteDatabaseFile, goes_on_writing_while_a_reader_holds_the_log) {
  const auto db = open({.max_wal_pages = 8});
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  const auto hold = [&](Transaction& tx) -> Result<int> {
    TRY_DO(tx.query("SELECT id FROM t"));
    int written = 0;
    std::thread([&] {
      for (int i = 0; i < 20; ++i) written += run(*db, "INSERT INTO t (id) VALUES (1)") ? 1 : 0;
    }).join();
    return written;
  };
  EXPECT_EQ(db->read(hold).get(), 20);
}

TEST_F(SqliteDatabaseFile, lends_each_reader_a_connection_in_turn) {
  const auto db = open({.max_readers = 2});
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  std::atomic<int> right = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) right += count(*db) == 0 ? 1 : 0;
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(right, 400);
}

TEST_F(SqliteDatabaseFile, waits_for_the_lock_of_another_process_no_longer_than_told) {
  const auto db = open({.busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(run(*db, "CREATE TABLE t (id BIGINT)"));
  auto other = sqlite::Connection::open(kind_.file());
  ASSERT_TRUE(other && other->exec("BEGIN IMMEDIATE"));
  EXPECT_EQ(run(*db, "INSERT INTO t (id) VALUES (1)").error().code, Code::busy);
  ASSERT_TRUE(other->exec("ROLLBACK"));
  EXPECT_TRUE(run(*db, "INSERT INTO t (id) VALUES (1)"));
}

TEST_F(SqliteDatabaseFile, says_what_is_wrong_with_its_place) {
  EXPECT_EQ(open_sqlite({.file = kind_.folder / "nowhere" / "test.db"}).error().code, Code::storage_failed);
  EXPECT_EQ(open_sqlite({.file = kind_.folder}).error().code, Code::storage_failed);
}

}  // namespace
}  // namespace latchkey::sql
