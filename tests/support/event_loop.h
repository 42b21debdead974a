// An event loop of one thread and coroutines that run on it, as the server has them: for tests and benchmarks of what
// is awaited.
#pragma once

#include <atomic>
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "base/executor.h"

namespace latchkey::tests {

class EventLoop final : public Executor {
 public:
  EventLoop() : thread_([this] { run(); }) {}
  ~EventLoop() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void post(std::coroutine_handle<> handle) override {
    const std::lock_guard lock(mutex_);
    queue_.push_back(handle);
    ++posts_;
    arrived_.notify_one();
  }

  std::thread::id id() const { return thread_.get_id(); }
  int posts() const { return posts_; }

 private:
  void run() {
    current_executor = this;
    std::unique_lock lock(mutex_);
    for (;;) {
      arrived_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto handle = queue_.front();
      queue_.pop_front();
      lock.unlock();
      handle.resume();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::coroutine_handle<>> queue_;
  std::atomic<int> posts_ = 0;
  bool is_stopping_ = false;
  std::thread thread_;
};

// co_await HopTo{loop}: go on over there.
struct HopTo {
  Executor& executor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) { executor.post(handle); }
  void await_resume() const noexcept {}
};

// A coroutine that starts at once, is waited for by nobody and frees itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

}  // namespace latchkey::tests
