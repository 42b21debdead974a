#include "session/single_flight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace latchkey::session {
namespace {

TEST(SingleFlight, those_who_ask_meanwhile_share_the_result) {
  SingleFlight<int> flights;
  std::latch everybody(8);
  std::atomic<int> runs = 0;
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const auto result = flights.run(
          [&](const std::stop_token&) -> Result<int> {
            ++runs;
            everybody.wait();  // the others are on their way in
            return 5;
          },
          {});
      sum += *result;
    });
  for (int i = 0; i < 8; ++i) everybody.count_down();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum, 40);
  EXPECT_GE(runs, 1);
}

TEST(SingleFlight, a_failure_is_shared_too_and_the_next_call_runs_anew) {
  SingleFlight<int> flights;
  EXPECT_EQ(
      flights.run([](const std::stop_token&) -> Result<int> { return fail(Code::network_timeout); }, {}).error().code,
      Code::network_timeout);
  EXPECT_EQ(flights.run([](const std::stop_token&) -> Result<int> { return 3; }, {}), 3);
}

TEST(SingleFlight, a_waiting_caller_can_give_up_alone) {
  SingleFlight<int> flights;
  std::stop_source stop;
  std::latch is_running(1), may_end(1);
  std::thread runner([&] {
    EXPECT_EQ(flights.run(
                  [&](const std::stop_token&) -> Result<int> {
                    is_running.count_down();
                    may_end.wait();
                    return 7;
                  },
                  {}),
              7);
  });
  is_running.wait();
  stop.request_stop();
  EXPECT_EQ(flights.run([](const std::stop_token&) -> Result<int> { return 1; }, stop.get_token()).error().code,
            Code::cancelled);
  may_end.count_down();
  runner.join();
}

TEST(SingleFlight, idle_is_waited_for) {
  SingleFlight<int> flights;
  std::latch is_running(1);
  std::atomic<bool> has_ended = false;
  std::thread runner([&] {
    static_cast<void>(flights.run(
        [&](const std::stop_token&) -> Result<int> {
          is_running.count_down();
          std::this_thread::yield();
          has_ended = true;
          return 7;
        },
        {}));
  });
  is_running.wait();
  EXPECT_TRUE(flights.wait_until_idle({}));
  EXPECT_TRUE(has_ended);
  runner.join();
}

}  // namespace
}  // namespace latchkey::session
