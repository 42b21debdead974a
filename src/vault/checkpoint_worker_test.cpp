// The worker by itself, under threads that wake it at once.
#include "vault/checkpoint_worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;

// Work as a vault has it: numbers that are written, and the highest that a step covered.
class NumberedWork {
 public:
  ~NumberedWork() { worker.end(); }
  CheckpointWorker worker{[this] { return time_until_step(); }, [this](const std::stop_token& stop) { step(stop); }};

  void write() {
    {
      const std::lock_guard hold(mutex_);
      ++written_;
    }
    worker.wake();
  }
  // From now on steps last until go_on(), or until they are stopped.
  void hold_steps() { is_held_ = true; }
  void go_on() {
    const std::lock_guard hold(mutex_);
    is_held_ = false;
    changed_.notify_all();
  }
  bool wait_until(const std::function<bool()>& is_so) {
    std::unique_lock hold(mutex_);
    return changed_.wait_for(hold, 20s, is_so);
  }
  bool wait_until_all_covered() {
    return wait_until([this] { return covered_ == written_; });
  }
  bool wait_until_stepping() {
    return wait_until([this] { return at_once_ == 1; });
  }

  int steps_ = 0, stopped_ = 0, at_once_ = 0, most_at_once_ = 0;  // read when nothing is under way

 private:
  std::optional<std::chrono::milliseconds> time_until_step() {
    const std::lock_guard hold(mutex_);
    return covered_ == written_ ? std::nullopt : std::optional(0ms);
  }
  void step(const std::stop_token& stop) {
    std::unique_lock hold(mutex_);
    const int newest = written_;
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    ++steps_;
    changed_.notify_all();
    const bool is_done = changed_.wait(hold, stop, [this] { return !is_held_; });
    stopped_ += is_done ? 0 : 1;
    --at_once_;
    covered_ = is_done ? newest : covered_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::atomic<bool> is_held_ = false;
  int written_ = 0, covered_ = 0;
};

TEST(CheckpointWorker, that_was_never_woken_has_no_thread_to_end) {
  NumberedWork work;
  work.worker.end();
  work.write();
  EXPECT_EQ(work.steps_, 0);
}

TEST(CheckpointWorker, covers_what_many_threads_write_in_one_step_at_a_time) {
  NumberedWork work;
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i)
      writers.emplace_back([&] {
        for (int j = 0; j < 200; ++j) work.write();
      });
  }
  EXPECT_TRUE(work.wait_until_all_covered());
  work.worker.end();
  EXPECT_EQ(work.most_at_once_, 1);
  EXPECT_LE(work.steps_, 1600);
}

TEST(CheckpointWorker, takes_one_step_for_all_that_is_written_during_another) {
  NumberedWork work;
  work.hold_steps();
  work.write();
  ASSERT_TRUE(work.wait_until_stepping());
  for (int i = 0; i < 100; ++i) work.write();
  work.go_on();
  EXPECT_TRUE(work.wait_until_all_covered());
  work.worker.end();
  EXPECT_EQ(work.steps_, 2);
}

TEST(CheckpointWorker, stops_the_step_under_way_when_it_ends_and_takes_no_other) {
  NumberedWork work;
  work.hold_steps();
  work.write();
  ASSERT_TRUE(work.wait_until_stepping());
  work.write();
  work.worker.end();
  EXPECT_EQ(work.stopped_, 1);
  EXPECT_EQ(work.steps_, 1);
  work.worker.end();
  work.write();
  EXPECT_EQ(work.steps_, 1);
}

TEST(CheckpointWorker, waits_until_a_step_is_due) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<std::chrono::milliseconds> due = 1h;
  int steps = 0, looks = 0;
  CheckpointWorker worker(
      [&] {
        const std::lock_guard hold(mutex);
        ++looks;
        changed.notify_all();
        return due;
      },
      [&](const std::stop_token&) {
        const std::lock_guard hold(mutex);
        ++steps;
        due.reset();
        changed.notify_all();
      });
  worker.wake();
  std::unique_lock hold(mutex);
  ASSERT_TRUE(changed.wait_for(hold, 20s, [&] { return looks >= 2; })) << "it looks again, for a clock may be set";
  EXPECT_EQ(steps, 0);
  due = 0ms;
  EXPECT_TRUE(changed.wait_for(hold, 20s, [&] { return steps == 1; })) << "without being woken";
}

}  // namespace
}  // namespace latchkey::vault
