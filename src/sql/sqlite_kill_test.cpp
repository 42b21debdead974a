// kill -9 at random moments: whatever was acknowledged is there afterwards, no closure is there by half, and the file
// opens. A child process writes; the test reads its acknowledgements from a pipe.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>
#include <thread>
#include <vector>

#include "sql/sqlite_database.h"
#include "sqlite/connection.h"
#include "tests/support/databases.h"

namespace latchkey::sql {
namespace {

constexpr int kills = 200;
constexpr int submitters = 4;

// One row in each of two tables, or none.
Status write_both(Database& db, std::int64_t id) {
  return db
      .write([id](Transaction& tx) -> Status {
        TRY_DO(tx.execute("INSERT INTO a (id, filling) VALUES ($1, $2)", id, Bytes(300, 0x5a)));
        TRY_DO(tx.execute("INSERT INTO b (id) VALUES ($1)", id));
        return {};
      })
      .get();
}

// The child: writes until it is killed, and reports each id once it is acknowledged.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, std::int64_t first_id, int acks) {
  // A small log, so that kills also fall into checkpoints.
  auto db = open_sqlite({.file = file, .idle_checkpoint_pages = 1, .max_wal_pages = 40});
  if (!db) ::_exit(2);
  std::vector<std::thread> threads;
  for (int i = 0; i < submitters; ++i) {
    threads.emplace_back([&, id = first_id + i]() mutable {
      for (;; id += submitters) {
        if (!write_both(**db, id)) ::_exit(3);
        if (::write(acks, &id, sizeof(id)) != sizeof(id)) ::_exit(4);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(5);
}

// Runs one child and kills it after `patience` acknowledgements, and a moment more. Answers what it acknowledged.
std::vector<std::int64_t> run_and_kill(const std::filesystem::path& file, std::int64_t first_id, std::size_t patience,
                                       std::chrono::microseconds moment) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_until_killed(file, first_id, ends[1]);
  }
  ::close(ends[1]);
  std::vector<std::int64_t> acknowledged;
  std::int64_t id = 0;
  while (acknowledged.size() < patience && ::read(ends[0], &id, sizeof(id)) == sizeof(id)) acknowledged.push_back(id);
  std::this_thread::sleep_for(moment);
  ::kill(child, SIGKILL);
  while (::read(ends[0], &id, sizeof(id)) == sizeof(id)) acknowledged.push_back(id);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  return acknowledged;
}

std::set<std::int64_t> ids(sqlite::Connection& connection, std::string_view query) {
  std::set<std::int64_t> found;
  auto statement = connection.prepare(query).value();
  while (statement.step().value()) found.insert(statement.integer(0));
  return found;
}

TEST(SqliteKill, loses_nothing_acknowledged_and_keeps_no_half_closure) {
  const tests::OnSqlite kind;
  {
    auto connection = sqlite::Connection::open(kind.file()).value();
    ASSERT_TRUE(connection.exec(
        "CREATE TABLE a (id BIGINT PRIMARY KEY, filling BYTEA); CREATE TABLE b (id BIGINT PRIMARY KEY)"));
  }
  std::minstd_rand random(20'260'101);
  std::vector<std::int64_t> acknowledged;
  for (int kill = 1; kill <= kills; ++kill) {
    const auto patience = static_cast<std::size_t>(random() % 12);
    const std::chrono::microseconds moment(random() % 6'000);
    const auto more = run_and_kill(kind.file(), std::int64_t{kill} * 1'000'000, patience, moment);
    acknowledged.insert(acknowledged.end(), more.begin(), more.end());
    if (kill % 8 != 0) continue;  // otherwise the next child recovers the log, and may be killed doing it
    auto connection = sqlite::Connection::open(kind.file()).value();
    const auto found = ids(connection, "SELECT id FROM a");
    for (const std::int64_t id : acknowledged) ASSERT_TRUE(found.contains(id)) << "lost " << id << " by kill " << kill;
  }
  auto connection = sqlite::Connection::open(kind.file()).value();
  EXPECT_EQ(ids(connection, "SELECT id FROM a"), ids(connection, "SELECT id FROM b"));
  auto check = connection.prepare("PRAGMA integrity_check").value();
  ASSERT_TRUE(check.step().value());
  EXPECT_EQ(check.text(0), "ok");
  EXPECT_GT(acknowledged.size(), std::size_t{kills});
  RecordProperty("acknowledged", std::to_string(acknowledged.size()));
}

}  // namespace
}  // namespace latchkey::sql
