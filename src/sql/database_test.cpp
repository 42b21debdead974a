// What Database promises, on every adapter.
#include "sql/database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <limits>
#include <stdexcept>
#include <thread>

#include "tests/support/databases.h"

namespace latchkey::sql {
namespace {

template <class Kind>
class DatabaseContract : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->db_ == nullptr) return;
    run("CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, n BIGINT, s TEXT UNIQUE, b BYTEA) WITHOUT ROWID");
    run("CREATE TABLE child (id BIGINT NOT NULL PRIMARY KEY REFERENCES t(id))");
    run("CREATE TABLE late (id BIGINT REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)");
  }

  template <class... Values>
  Result<std::int64_t> try_run(std::string_view sql, const Values&... values) {
    return this->db().write([&](Transaction& tx) { return tx.execute(sql, values...); }).get();
  }
  template <class... Values>
  void run(std::string_view sql, const Values&... values) {
    const auto done = try_run(sql, values...);
    ASSERT_TRUE(done) << sql << ": " << to_string(done.error());
  }
  template <class... Values>
  Result<Rows> query(std::string_view sql, const Values&... values) {
    return this->db().read([&](Transaction& tx) { return tx.query(sql, values...); }).get();
  }
  template <class... Values>
  std::int64_t number(std::string_view sql, const Values&... values) {
    const auto rows = query(sql, values...);
    if (!rows || rows->size() != 1) return -1;
    return (*rows)[0].template get<std::int64_t>(0).value_or(-1);
  }
  template <class... Values>
  Code code(std::string_view sql, const Values&... values) {
    const auto done = try_run(sql, values...);
    return done ? Code{} : done.error().code;
  }
};
TYPED_TEST_SUITE(DatabaseContract, tests::Databases, tests::DatabaseNames);

TYPED_TEST(DatabaseContract, keeps_what_a_closure_wrote_over_a_restart) {
  this->run("INSERT INTO t (id, n) VALUES ($1, $2)", 1, 42);
  this->reopen();
  EXPECT_EQ(this->number("SELECT n FROM t WHERE id = $1", 1), 42);
}

TYPED_TEST(DatabaseContract, says_how_many_rows_changed) {
  this->run("INSERT INTO t (id, n) VALUES (1, 0), (2, 0), (3, 7)");
  EXPECT_EQ(this->try_run("UPDATE t SET n = $1 WHERE n = $2", 1, 0), 2);
  EXPECT_EQ(this->try_run("UPDATE t SET n = $1 WHERE n = $2", 1, 0), 0);
  EXPECT_EQ(this->try_run("INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING"), 0);
  EXPECT_EQ(this->try_run("CREATE TABLE another (id BIGINT)"), 0);
  EXPECT_EQ(this->try_run("DELETE FROM t"), 3);
}

TYPED_TEST(DatabaseContract, rolls_back_a_closure_that_fails) {
  const auto refused = this->db()
                           .write([](Transaction& tx) -> Status {
                             TRY_DO(tx.execute("INSERT INTO t (id) VALUES (1)"));
                             return fail(Code::access_denied, "changed my mind");
                           })
                           .get();
  EXPECT_EQ(refused.error(), (Error{Code::access_denied, "changed my mind"}));
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), 0);
}

// Many closures wait at once, so that SQLite commits them in one group.
TYPED_TEST(DatabaseContract, rolls_back_the_failing_closures_of_a_group_alone) {
  constexpr int count = 60;
  std::latch started(1);
  std::thread blocker(
      [&] { EXPECT_TRUE(this->db().write([&](Transaction&) -> Status { return started.wait(), Status(); }).get()); });
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const auto done = this->db()
                            .write([&](Transaction& tx) -> Status {
                              TRY_DO(tx.execute("INSERT INTO t (id, n) VALUES ($1, $1)", i));
                              if (i % 3 == 0) return fail(Code::not_found);
                              if (i % 3 == 1) TRY_DO(tx.execute("INSERT INTO t (id) VALUES ($1)", i));
                              return {};
                            })
                            .get();
      if (!done && done.error().code == (i % 3 == 0 ? Code::not_found : Code::conflict)) ++refused;
    });
  }
  started.count_down();
  for (auto& thread : threads) thread.join();
  blocker.join();
  EXPECT_EQ(refused, count / 3 * 2);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), count / 3);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t WHERE n % 3 = 2"), count / 3);
}

TYPED_TEST(DatabaseContract, keeps_nothing_once_a_statement_failed_even_if_the_closure_goes_on) {
  const auto done = this->db()
                        .write([](Transaction& tx) -> Result<int> {
                          TRY_DO(tx.execute("INSERT INTO t (id) VALUES (1)"));
                          EXPECT_EQ(tx.execute("INSERT INTO t (id) VALUES (1)").error().code, Code::conflict);
                          EXPECT_EQ(tx.execute("INSERT INTO t (id) VALUES (2)").error().code, Code::conflict);
                          return 1;
                        })
                        .get();
  EXPECT_EQ(done.error().code, Code::conflict);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), 0);
}

TYPED_TEST(DatabaseContract, turns_an_exception_into_an_internal_error_and_goes_on) {
  const auto thrown = this->db()
                          .write([](Transaction& tx) -> Status {
                            TRY_DO(tx.execute("INSERT INTO t (id) VALUES (1)"));
                            throw std::runtime_error("a bug");
                          })
                          .get();
  EXPECT_EQ(thrown.error().code, Code::internal);
  const auto read = this->db().read([](Transaction&) -> Status { throw std::runtime_error("a bug"); }).get();
  EXPECT_EQ(read.error().code, Code::internal);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), 0);
}

TYPED_TEST(DatabaseContract, calls_every_broken_constraint_a_conflict) {
  this->run("INSERT INTO t (id, s) VALUES (1, 'x')");
  EXPECT_EQ(this->code("INSERT INTO t (id) VALUES (1)"), Code::conflict);
  EXPECT_EQ(this->code("INSERT INTO t (id, s) VALUES (2, 'x')"), Code::conflict);
  EXPECT_EQ(this->code("INSERT INTO t (id) VALUES ($1)", nullptr), Code::conflict);
  EXPECT_EQ(this->code("INSERT INTO child (id) VALUES (9)"), Code::conflict);
  EXPECT_EQ(this->code("INSERT INTO late (id) VALUES (9)"), Code::conflict);
  EXPECT_EQ(this->code("INSERT INTO late (id) VALUES (1)"), Code{});
}

TYPED_TEST(DatabaseContract, never_quotes_a_value_in_an_error) {
  this->run("INSERT INTO t (id, s) VALUES (1, 'ann@example.org')");
  const auto refused = this->try_run("INSERT INTO t (id, s) VALUES (2, $1)", "ann@example.org");
  EXPECT_EQ(to_string(refused.error()).find("ann"), std::string::npos);
}

TYPED_TEST(DatabaseContract, gives_values_back_as_they_were) {
  const std::string unicode = "Zoë 漢字 🔑 'quoted' \\ \"$1\" %s\n\t";
  const Bytes blob = {0, 1, 0, 255, 254, '\'', 0};
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  this->run("INSERT INTO t (id, n, s, b) VALUES ($1, $2, $3, $4)", least, most, unicode, blob);
  this->run("INSERT INTO t (id, n, s, b) VALUES ($1, $2, $3, $4)", most, least, "", Bytes());
  this->run("INSERT INTO t (id, n, s, b) VALUES ($1, $2, $3, $4)", 0, nullptr, std::optional<std::string>(),
            std::nullopt);
  const auto rows = this->query("SELECT id, n, s, b FROM t ORDER BY id");
  ASSERT_TRUE(rows) << to_string(rows.error());
  ASSERT_EQ(rows->size(), 3U);
  using Stored =
      std::tuple<std::int64_t, std::optional<std::int64_t>, std::optional<std::string>, std::optional<Bytes>>;
  const auto stored = [&](std::size_t row) {
    return *(*rows)[row]
                .template as<std::int64_t, std::optional<std::int64_t>, std::optional<std::string>,
                             std::optional<Bytes>>();
  };
  EXPECT_EQ(stored(0), Stored(least, most, unicode, blob));
  EXPECT_EQ(stored(1), Stored(0, std::nullopt, std::nullopt, std::nullopt));
  EXPECT_EQ(stored(2), Stored(most, least, "", Bytes()));
}

TYPED_TEST(DatabaseContract, stores_a_megabyte) {
  const Bytes blob(1 << 20, 0xa5);
  this->run("INSERT INTO t (id, b) VALUES (1, $1)", blob);
  const auto rows = this->query("SELECT b FROM t");
  ASSERT_TRUE(rows);
  EXPECT_EQ((*rows)[0].template get<Bytes>(0), blob);
}

TYPED_TEST(DatabaseContract, takes_parameters_in_any_order_and_more_than_once) {
  this->run("INSERT INTO t (n, id, s) VALUES ($2, $1, $3)", 1, 2, "three");
  EXPECT_EQ(this->number("SELECT n FROM t WHERE s = $2 AND id = $1 AND id < n + $1", 1, "three"), 2);
}

TYPED_TEST(DatabaseContract, refuses_text_that_is_not_utf8_or_has_a_nul) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {"a\0b"sv, "12345678\0"sv, "\xff"sv, "\xc0\x80"sv, "\xed\xa0\x80"sv, "abc\xe2\x82"sv, "\xf4\x90\x80\x80"sv})
    EXPECT_EQ(this->code("INSERT INTO t (id, s) VALUES (1, $1)", text), Code::invalid_argument);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), 0);
}

TYPED_TEST(DatabaseContract, calls_wrong_sql_and_wrong_parameters_our_bug) {
  EXPECT_EQ(this->code("INSERT INTO nowhere (id) VALUES (1)"), Code::internal);
  EXPECT_EQ(this->code("INSERT INTO t (id, n) VALUES ($1, $2)", 1), Code::internal);
  EXPECT_EQ(this->code("INSERT INTO t (id) VALUES ($1)", 1, 2), Code::internal);
  EXPECT_EQ(this->code("DELETE FROM t; DELETE FROM t"), Code::internal);
  EXPECT_EQ(this->query("SELECT id FROM t")->size(), 0U);
}

TYPED_TEST(DatabaseContract, answers_rows_of_returning_and_upserts) {
  const auto upsert = [&](std::int64_t n) {
    return this->db()
        .write([&](Transaction& tx) {
          return tx.query(
              "INSERT INTO t (id, n) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n RETURNING n",
              n);
        })
        .get();
  };
  const auto inserted = upsert(5);
  ASSERT_TRUE(inserted) << to_string(inserted.error());
  EXPECT_EQ((*inserted)[0].template get<int>(0), 5);
  const auto updated = upsert(6);
  ASSERT_TRUE(updated) << to_string(updated.error());
  EXPECT_EQ((*updated)[0].template get<int>(0), 11);
  EXPECT_EQ(this->number("SELECT n FROM t"), 11);
}

TYPED_TEST(DatabaseContract, gives_a_read_what_was_answered_before) {
  this->run("INSERT INTO t (id, n) VALUES (1, 0)");
  for (int i = 1; i <= 50; ++i) {
    this->run("UPDATE t SET n = $1", i);
    ASSERT_EQ(this->number("SELECT n FROM t"), i);
  }
}

TYPED_TEST(DatabaseContract, shows_a_read_one_snapshot) {
  this->run("INSERT INTO t (id, n) VALUES (1, 0)");
  const auto same = this->db()
                        .read([&](Transaction& tx) -> Result<bool> {
                          TRY(const auto before, tx.query("SELECT n FROM t"));
                          std::thread([&] { this->run("UPDATE t SET n = 1"); }).join();
                          TRY(const auto after, tx.query("SELECT n FROM t"));
                          return before[0].template get<int>(0) == after[0].template get<int>(0);
                        })
                        .get();
  EXPECT_EQ(same, true);
  EXPECT_EQ(this->number("SELECT n FROM t"), 1);
}

TYPED_TEST(DatabaseContract, refuses_to_write_in_a_read) {
  const auto refused =
      this->db().read([](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES (1)"); }).get();
  EXPECT_EQ(refused.error().code, Code::internal);
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), 0);
}

TYPED_TEST(DatabaseContract, loses_no_increment_of_16_threads) {
  constexpr int threads = 16, each = 20;
  this->run("INSERT INTO t (id, n) VALUES (1, 0)");
  const auto increment = [](Transaction& tx) -> Status {  // read, then write: wrong unless closures are serialisable
    TRY(const auto rows, tx.query("SELECT n FROM t WHERE id = 1"));
    TRY(const auto n, rows[0].get<std::int64_t>(0));
    TRY_DO(tx.execute("UPDATE t SET n = $1 WHERE id = 1", n + 1));
    return {};
  };
  std::atomic<int> answered = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (int k = 0; k < each; ++k) answered += this->db().write(increment).get() ? 1 : 0;
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(answered, threads * each);
  EXPECT_EQ(this->number("SELECT n FROM t"), answered);
}

TYPED_TEST(DatabaseContract, lets_one_of_many_win_a_compare_and_swap) {
  this->run("INSERT INTO t (id, n) VALUES (1, 0)");
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> winners = 0;
    std::vector<std::thread> rivals;
    for (int i = 0; i < 8; ++i) {
      rivals.emplace_back([&] {
        const auto swapped = this->try_run("UPDATE t SET n = n + 1 WHERE id = 1 AND n = $1", round);
        if (swapped == 1) ++winners;
      });
    }
    for (auto& rival : rivals) rival.join();
    ASSERT_EQ(winners, 1);
  }
}

TYPED_TEST(DatabaseContract, moves_an_answer_that_cannot_be_copied) {
  auto answer =
      this->db().write([](Transaction&) -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); }).get();
  ASSERT_TRUE(answer);
  EXPECT_EQ(**answer, 7);
}

TYPED_TEST(DatabaseContract, completes_what_is_queued_before_it_stops_and_refuses_the_rest) {
  constexpr int count = 40;
  std::atomic<int> kept = 0, refused = 0;
  std::latch first(1);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      const auto done = this->try_run("INSERT INTO t (id) VALUES ($1)", i);
      if (done) {
        if (kept++ == 0) first.count_down();
      } else if (done.error().code == Code::busy) {
        ++refused;
      }
    });
  }
  first.wait();
  this->db().stop();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(kept + refused, count);
  EXPECT_EQ(this->code("DELETE FROM t"), Code::busy);
  EXPECT_EQ(this->query("SELECT 1").error().code, Code::busy);
  this->reopen();
  EXPECT_EQ(this->number("SELECT COUNT(*) FROM t"), kept);
}

}  // namespace
}  // namespace latchkey::sql
