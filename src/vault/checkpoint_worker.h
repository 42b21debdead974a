// The thread of an open vault that tells its checkpoint's server how far the vault has come, so that no write waits for
// a network.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace latchkey::vault {

// One thread, begun by the first wake(); one step at a time, each for all that was written before it. Thread-safe.
class CheckpointWorker final {
 public:
  // `time_until_step`: zero is now, nothing is not before the next wake(). `step` leaves another answer to that than
  // zero behind, also when it fails, and ends soon after its token is stopped. Both run on the worker's thread.
  using TimeUntilStep = std::function<std::optional<std::chrono::milliseconds>()>;
  using Step = std::function<void(const std::stop_token&)>;
  CheckpointWorker(TimeUntilStep time_until_step, Step step)
      : time_until_step_(std::move(time_until_step)), step_(std::move(step)) {}
  ~CheckpointWorker() { end(); }
  CheckpointWorker(const CheckpointWorker&) = delete;
  CheckpointWorker& operator=(const CheckpointWorker&) = delete;

  // There may be something to do. Does not wait for it.
  void wake();
  // Stops the step under way and joins; wake() does nothing from then on. Not from a step.
  void end();

 private:
  void run(const std::stop_token& stop);
  void wait(const std::stop_token& stop, std::optional<std::chrono::milliseconds> time);

  const TimeUntilStep time_until_step_;
  const Step step_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_woken_ = false;
  bool is_over_ = false;
  std::jthread thread_;
};

}  // namespace latchkey::vault
