// What only the PostgreSQL adapter has to cope with: lost connections, unknown commits, a server that repeats nothing.
#include "sql/postgres_database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/databases.h"

namespace latchkey::sql {
namespace {

class PostgresDatabase : public tests::DatabaseTest<tests::OnPostgres> {
 protected:
  template <class... Values>
  Result<std::int64_t> run(std::string_view sql, const Values&... values) {
    return db().write([&](Transaction& tx) { return tx.execute(sql, values...); }).get();
  }
  std::int64_t number(std::string_view sql) {
    const auto rows = db().read([&](Transaction& tx) { return tx.query(sql); }).get();
    return rows ? (*rows)[0].get<std::int64_t>(0).value_or(-1) : -1;
  }
  void lose_all_connections() {
    // Its own connection goes too, so no answer is waited for.
    std::ignore = db().read([](Transaction& tx) {
                        return tx.query(
                            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity "
                            "WHERE application_name = 'latchkey' AND pid <> pg_backend_pid()");
                      })
                      .get();
  }
};

TEST_F(PostgresDatabase, connects_again_when_the_server_dropped_it) {
  ASSERT_TRUE(run("CREATE TABLE t (id BIGINT)"));
  for (int i = 0; i < 5; ++i) {
    lose_all_connections();
    for (int k = 0; k < 8; ++k) ASSERT_TRUE(run("INSERT INTO t (id) VALUES (1)"));
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM t"), 40);
}

TEST_F(PostgresDatabase, runs_a_closure_again_when_the_connection_is_lost_before_the_commit) {
  ASSERT_TRUE(run("CREATE TABLE t (id BIGINT)"));
  int runs = 0;
  const auto done = db().write([&](Transaction& tx) -> Status {
                          ++runs;
                          TRY_DO(tx.execute("INSERT INTO t (id) VALUES (1)"));
                          if (runs == 1) TRY_DO(tx.query("SELECT pg_terminate_backend(pg_backend_pid())"));
                          return {};
                        })
                        .get();
  EXPECT_TRUE(done);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM t"), 1);
}

TEST_F(PostgresDatabase, never_repeats_a_commit_whose_outcome_is_unknown) {
  ASSERT_TRUE(run("CREATE TABLE t (id BIGINT)"));
  ASSERT_TRUE(
      run("CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"));
  ASSERT_TRUE(
      run("CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
          "FOR EACH ROW EXECUTE FUNCTION hang_up()"));
  int runs = 0;
  const auto done = db().write([&](Transaction& tx) {
                          ++runs;
                          return tx.execute("INSERT INTO t (id) VALUES (1)");
                        })
                        .get();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::storage_failed);
  EXPECT_NE(done.error().detail.find("unknown"), std::string::npos);
  EXPECT_EQ(runs, 1);
}

TEST_F(PostgresDatabase, gives_up_after_so_many_attempts) {
  ASSERT_TRUE(
      run("CREATE FUNCTION refuse() RETURNS BIGINT LANGUAGE plpgsql AS "
          "'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'"));
  auto impatient =
      open_postgres({.connection = ConnectionString::copy_of(kind_.connection), .connections = 1, .max_attempts = 3});
  ASSERT_TRUE(impatient);
  int runs = 0;
  const auto done = (*impatient)
                        ->write([&](Transaction& tx) {
                          ++runs;
                          return tx.query("SELECT refuse()");
                        })
                        .get();
  EXPECT_EQ(done.error().code, Code::busy);
  EXPECT_EQ(runs, 3);
}

TEST_F(PostgresDatabase, survives_deadlocks) {
  ASSERT_TRUE(run("CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT)"));
  ASSERT_TRUE(run("INSERT INTO t (id, n) VALUES (1, 0), (2, 0)"));
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) {
        const auto both = [&](Transaction& tx) -> Status {
          TRY_DO(tx.execute("UPDATE t SET n = n + 1 WHERE id = $1", i % 2 + 1));
          TRY_DO(tx.execute("UPDATE t SET n = n + 1 WHERE id = $1", 2 - i % 2));
          return {};
        };
        done += db().write(both).get() ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 20);
  EXPECT_EQ(number("SELECT CAST(SUM(n) AS BIGINT) FROM t"), 40);
}

TEST_F(PostgresDatabase, is_durable_even_if_the_server_would_not_be) {
  auto relaxed = open_postgres(
      {.connection = ConnectionString::copy_of(kind_.connection + " options='-c synchronous_commit=off'")});
  ASSERT_TRUE(relaxed);
  const auto rows =
      (*relaxed)->read([](Transaction& tx) { return tx.query("SELECT current_setting('synchronous_commit')"); }).get();
  ASSERT_TRUE(rows) << to_string(rows.error());
  EXPECT_EQ((*rows)[0].get<std::string>(0), "on");
}

TEST_F(PostgresDatabase, finds_a_statement_again_after_hundreds_of_others) {
  for (int i = 0; i < 520; ++i) {
    const std::string text = "SELECT CAST(" + std::to_string(i) + " AS BIGINT)";
    ASSERT_EQ(number(text), i);
  }
  EXPECT_EQ(number("SELECT CAST(0 AS BIGINT)"), 0);
}

TEST_F(PostgresDatabase, reads_every_width_of_integer_and_nothing_outside_the_dialect) {
  EXPECT_EQ(number("SELECT CAST(-7 AS SMALLINT)"), -7);
  EXPECT_EQ(number("SELECT CAST(-70000 AS INTEGER)"), -70000);
  EXPECT_EQ(number("SELECT true"), 1);
  const auto refused = db().read([](Transaction& tx) { return tx.query("SELECT 1.5"); }).get();
  EXPECT_EQ(refused.error().code, Code::internal);
}

TEST(PostgresConnection, tells_a_wrong_text_from_a_missing_server_and_shows_neither) {
  const auto attempt = [](std::string_view text) {
    return open_postgres({.connection = ConnectionString::copy_of(text)}).error();
  };
  const Error unreadable = attempt("host=/nowhere password=hunter2 no_such_option=1");
  EXPECT_EQ(unreadable.code, Code::configuration_invalid);
  EXPECT_EQ(to_string(unreadable).find("hunter2"), std::string::npos);
  const Error unreachable = attempt("host=/nowhere user=zoe password=hunter2");
  EXPECT_EQ(unreachable.code, Code::storage_failed);
  EXPECT_EQ(to_string(unreachable).find("hunter2"), std::string::npos);
  EXPECT_EQ(to_string(unreachable).find("zoe"), std::string::npos);
}

}  // namespace
}  // namespace latchkey::sql
