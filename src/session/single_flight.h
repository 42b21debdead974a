// Lets many threads ask for the same work and one do it; the others wait for its result.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/result.h"

namespace latchkey::session {

// T must be copyable. Thread-safe.
template <class T>
class SingleFlight final {
 public:
  // Runs `work` on the calling thread, or waits for the run that is under way and shares its result. A run that its own
  // caller cancelled is taken over by one of those who wait. Fails: cancelled, and as `work`.
  Result<T> run(const std::function<Result<T>(std::stop_token)>& work, std::stop_token stop) {
    while (true) {
      const auto [flight, is_mine] = join_or_start();
      if (is_mine) return fly(flight, work, stop);
      const std::optional<Result<T>> result = wait(*flight, stop);
      if (!result || stop.stop_requested()) return fail(Code::cancelled);
      if (*result || result->error().code != Code::cancelled) return *result;
    }
  }

  // Waits until nothing is under way. Fails: cancelled.
  Status wait_until_idle(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    return landed_.wait(lock, stop, [this] { return current_ == nullptr; }) ? Status() : fail(Code::cancelled);
  }

 private:
  struct Flight {
    std::optional<Result<T>> result;
  };
  using FlightPtr = std::shared_ptr<Flight>;

  std::pair<FlightPtr, bool> join_or_start() {
    const std::lock_guard lock(mutex_);
    if (current_ != nullptr) return {current_, false};
    current_ = std::make_shared<Flight>();
    return {current_, true};
  }

  Result<T> fly(const FlightPtr& flight, const std::function<Result<T>(std::stop_token)>& work, std::stop_token stop) {
    Result<T> result = work(std::move(stop));
    const std::lock_guard lock(mutex_);
    flight->result = result;
    current_ = nullptr;
    landed_.notify_all();
    return result;
  }

  std::optional<Result<T>> wait(const Flight& flight, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    landed_.wait(lock, stop, [&] { return flight.result.has_value(); });
    return flight.result;
  }

  std::mutex mutex_;
  std::condition_variable_any landed_;
  FlightPtr current_;
};

}  // namespace latchkey::session
