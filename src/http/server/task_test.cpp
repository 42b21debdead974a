#include "http/server/task.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "base/result.h"

namespace latchkey::http {
namespace {

// Hops to another thread and comes back through the executor, as `sql` does.
struct Hop {
  Executor* back = nullptr;
  std::jthread thread;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    back = current_executor;
    thread = std::jthread([this, handle] { back->post(handle); });
  }
  void await_resume() { thread.join(); }
};

Task<int> number(int value) { co_return value; }
Task<int> sum(int left, int right) { co_return co_await number(left) + co_await number(right); }

TEST(Task, awaits_tasks) { EXPECT_EQ(sync_wait(sum(2, 3)), 5); }

TEST(Task, does_not_start_before_it_is_awaited) {
  bool started = false;
  auto body = [&]() -> Task<void> {
    started = true;
    co_return;
  };
  {
    const Task<void> unused = body();
  }
  EXPECT_FALSE(started);
  sync_wait(body());
  EXPECT_TRUE(started);
}

Task<int> depth(int levels) {
  if (levels == 0) co_return 0;
  co_return 1 + co_await depth(levels - 1);
}

Task<int> many(int times) {
  int total = 0;
  for (int i = 0; i < times; ++i) total += co_await number(1);
  co_return total;
}

TEST(Task, long_chains_of_finished_tasks_are_right) {
  EXPECT_EQ(sync_wait(depth(1000)), 1000);
  EXPECT_EQ(sync_wait(many(20000)), 20000);
}

TEST(Task, foreign_work_resumes_on_the_waiting_thread) {
  auto body = []() -> Task<bool> {
    const auto here = std::this_thread::get_id();
    for (int i = 0; i < 20; ++i) {
      Hop hop;
      co_await hop;
      if (std::this_thread::get_id() != here) co_return false;
    }
    co_return true;
  };
  EXPECT_TRUE(sync_wait(body()));
  EXPECT_EQ(current_executor, nullptr);
}

TEST(Task, an_exception_reaches_whoever_waits) {
  auto body = []() -> Task<int> {
    co_await number(1);
    throw std::runtime_error("x");
  };
  EXPECT_THROW(sync_wait(body()), std::runtime_error);
}

Task<Result<int>> half(int value) {
  if (value % 2 != 0) co_return fail(Code::invalid_argument, "odd");
  co_return value / 2;
}
Task<Result<int>> quarter(int value) {
  CO_TRY(const int once, co_await half(value));
  CO_TRY(const int twice, co_await half(once));
  co_return twice;
}

TEST(Task, results_travel_with_co_try) {
  EXPECT_EQ(sync_wait(quarter(12)), 3);
  EXPECT_EQ(sync_wait(quarter(6)).error().code, Code::invalid_argument);
}

TEST(Task, a_moved_task_is_awaited_once) {
  auto first = number(7);
  auto second = std::move(first);
  EXPECT_EQ(sync_wait(std::move(second)), 7);
}

TEST(Task, spawned_work_runs_to_its_end_without_anybody_waiting) {
  int value = 0;
  auto body = [&]() -> Task<void> { value = co_await sum(1, 2); };
  spawn(body());
  EXPECT_EQ(value, 3);
}

}  // namespace
}  // namespace latchkey::http
