// Awaiting a database operation: where the coroutine goes on, and that nothing is lost on the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "sql/database.h"
#include "tests/support/databases.h"
#include "tests/support/event_loop.h"

namespace latchkey::sql {
namespace {

using tests::Detached;
using tests::HopTo;
using Loop = tests::EventLoop;

template <class Kind>
class OperationContract : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->db_ == nullptr) return;
    ASSERT_TRUE(
        this->db().write([](Transaction& tx) { return tx.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)"); }).get());
  }
  static auto insert(std::int64_t id) {
    return [id](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES ($1)", id); };
  }
  std::int64_t count() {
    return this->db()
        .read([](Transaction& tx) -> Result<std::int64_t> {
          TRY(const auto rows, tx.query("SELECT COUNT(*) FROM t"));
          return rows[0].template get<std::int64_t>(0);
        })
        .get()
        .value_or(-1);
  }
};
TYPED_TEST_SUITE(OperationContract, tests::Databases, tests::DatabaseNames);

Detached write_on(Loop& loop, Database& db, std::int64_t id, std::thread::id& resumed_on, Status& answer,
                  std::latch& done) {
  co_await HopTo{loop};
  auto work = [id](Transaction& tx) -> Status {
    TRY_DO(tx.execute("INSERT INTO t (id) VALUES ($1)", id));
    return {};
  };
  answer = co_await db.write(std::move(work));
  resumed_on = std::this_thread::get_id();
  done.count_down();
}

TYPED_TEST(OperationContract, resumes_on_the_executor_it_was_awaited_on) {
  Loop loop;
  std::thread::id resumed_on;
  Status answer = fail(Code::internal);
  std::latch done(1);
  write_on(loop, this->db(), 1, resumed_on, answer, done);
  done.wait();
  EXPECT_TRUE(answer);
  EXPECT_EQ(resumed_on, loop.id());
  EXPECT_EQ(this->count(), 1);
}

Detached write_twice_and_read(Loop& loop, Database& db, std::int64_t id, std::atomic<int>& right, std::latch& done) {
  co_await HopTo{loop};
  auto insert = [id](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES ($1)", id); };
  const auto first = co_await db.write(insert);
  const auto second = co_await db.write(insert);
  auto find = [id](Transaction& tx) { return tx.query("SELECT id FROM t WHERE id = $1", id); };
  const auto rows = co_await db.read(find);
  if (first && !second && second.error().code == Code::conflict && rows && rows->size() == 1) ++right;
  done.count_down();
}

TYPED_TEST(OperationContract, serves_hundreds_of_coroutines_of_two_loops) {
  constexpr int count = 400;
  Loop loops[2];
  std::atomic<int> right = 0;
  std::latch done(count);
  for (int id = 0; id < count; ++id) write_twice_and_read(loops[id % 2], this->db(), id, right, done);
  done.wait();
  EXPECT_EQ(right, count);
  EXPECT_EQ(this->count(), count);
}

Detached write_here(Database& db, std::thread::id& resumed_on, std::latch& done) {
  auto work = [](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES (1)"); };
  const auto answer = co_await db.write(work);
  if (answer) resumed_on = std::this_thread::get_id();
  done.count_down();
}

TYPED_TEST(OperationContract, resumes_on_the_databases_thread_without_an_executor) {
  std::thread::id resumed_on;
  std::latch done(1);
  write_here(this->db(), resumed_on, done);
  done.wait();
  EXPECT_NE(resumed_on, std::thread::id());
  EXPECT_NE(resumed_on, std::this_thread::get_id());
}

TYPED_TEST(OperationContract, does_not_suspend_when_it_is_refused) {
  this->db().stop();
  std::thread::id resumed_on;
  std::latch done(1);
  write_here(this->db(), resumed_on, done);
  EXPECT_TRUE(done.try_wait());
}

TYPED_TEST(OperationContract, completes_awaited_work_when_it_stops) {
  constexpr int count = 100;
  Loop loop;
  std::vector<std::thread::id> ids(count);
  std::vector<Status> answers(count);
  std::latch done(count);
  for (std::size_t i = 0; i < count; ++i)
    write_on(loop, this->db(), static_cast<std::int64_t>(i), ids[i], answers[i], done);
  this->db().stop();
  done.wait();
  const auto kept =
      std::count_if(answers.begin(), answers.end(), [](const Status& answer) { return answer.has_value(); });
  this->reopen();
  EXPECT_EQ(this->count(), kept);
}

Detached count_posts(Loop& loop, Database& db, std::int64_t id, std::latch& done) {
  co_await HopTo{loop};
  auto work = [id](Transaction& tx) { return tx.execute("INSERT INTO t (id) VALUES ($1)", id); };
  const auto answer = co_await db.write(work);
  EXPECT_TRUE(answer);
  done.count_down();
}

using OperationOnSqlite = OperationContract<tests::OnSqlite>;
TEST_F(OperationOnSqlite, wakes_an_executor_once_for_a_whole_group) {
  constexpr int count = 100;
  std::latch queued(1);
  std::thread blocker(
      [&] { EXPECT_TRUE(db().write([&](Transaction&) -> Status { return queued.wait(), Status(); }).get()); });
  Loop loop;
  std::latch done(count);
  for (int id = 0; id < count; ++id) count_posts(loop, db(), id, done);
  queued.count_down();
  done.wait();
  blocker.join();
  EXPECT_LT(loop.posts(), count + count);  // `count` hops, and fewer posts than writes
}

}  // namespace
}  // namespace latchkey::sql
