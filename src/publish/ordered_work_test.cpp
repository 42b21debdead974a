// Workers are std::jthread; this file runs under ThreadSanitizer, too.
#include "publish/ordered_work.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace latchkey::publish {
namespace {

struct Trace {
  std::vector<int> taken;
  std::vector<std::size_t> reports;
};

OrderedWork<int> squares(std::size_t count, std::size_t workers, Trace& trace) {
  return {count, workers, [](std::size_t i) { return Result<int>(static_cast<int>(i * i)); },
          [&trace](std::size_t i, int made) {
            EXPECT_EQ(trace.taken.size(), i);
            trace.taken.push_back(made);
            return Status();
          },
          [&trace](std::size_t finished) { trace.reports.push_back(finished); }};
}

TEST(OrderedWork, is_taken_in_order_however_many_work) {
  for (const std::size_t workers : {1U, 2U, 7U}) {
    Trace trace;
    ASSERT_TRUE(make_in_order(squares(20, workers, trace)));
    ASSERT_EQ(trace.taken.size(), 20U);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(trace.taken[static_cast<std::size_t>(i)], i * i);
    EXPECT_TRUE(std::ranges::is_sorted(trace.reports));
  }
}

TEST(OrderedWork, of_nothing_is_done) {
  Trace trace;
  EXPECT_TRUE(make_in_order(squares(0, 4, trace)));
}

TEST(OrderedWork, goes_on_at_once) {
  std::latch all_there(3);  // nobody goes on before three work
  Trace trace;
  auto work = squares(3, 3, trace);
  work.make = [&](std::size_t i) {
    all_there.arrive_and_wait();
    return Result<int>(static_cast<int>(i));
  };
  EXPECT_TRUE(make_in_order(work));
}

TEST(OrderedWork, never_has_more_results_waiting_than_twice_its_workers) {
  std::atomic<std::size_t> begun = 0;
  std::size_t most = 0;
  Trace trace;
  auto work = squares(40, 2, trace);
  work.make = [&](std::size_t i) {
    ++begun;
    return Result<int>(static_cast<int>(i));
  };
  work.take = [&](std::size_t i, int) {
    most = std::max(most, begun.load() - i);
    return Status();
  };
  EXPECT_TRUE(make_in_order(work));
  EXPECT_LE(most, 5U);  // four, and one that was begun as this one was handed over
}

TEST(OrderedWork, the_first_failure_in_order_ends_it) {
  std::atomic<std::size_t> begun = 0;
  Trace trace;
  auto work = squares(1000, 2, trace);
  work.make = [&](std::size_t i) -> Result<int> {
    ++begun;
    if (i >= 5) return fail(Code::internal, "at " + std::to_string(i));
    return static_cast<int>(i);
  };
  const Status status = make_in_order(work);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().detail, "at 5");
  EXPECT_EQ(trace.taken.size(), 5U);
  EXPECT_LT(begun, 12U);
}

TEST(OrderedWork, a_failure_to_take_ends_it_too) {
  Trace trace;
  auto work = squares(1000, 3, trace);
  work.take = [](std::size_t i, int) { return i == 2 ? Status(fail(Code::storage_full)) : Status(); };
  EXPECT_EQ(make_in_order(work).error().code, Code::storage_full);
}

}  // namespace
}  // namespace latchkey::publish
