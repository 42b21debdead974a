#include "http/server/task.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>

#include "base/bytes.h"
#include "base/wiping.h"

namespace latchkey::http {
namespace task_detail {

void* allocate_frame(std::size_t size) { return ::operator new(size); }

void wipe_and_free_frame(void* frame, std::size_t size) {
  secure_wipe({static_cast<std::uint8_t*>(frame), size});
  ::operator delete(frame, size);
}

class RunLoop final : public Executor {
 public:
  void post(std::coroutine_handle<> handle) override {
    const std::lock_guard lock(mutex_);
    ready_.push_back(handle);
    changed_.notify_one();
  }

  void run_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
    const auto handle = ready_.front();
    ready_.pop_front();
    lock.unlock();
    handle.resume();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::coroutine_handle<>> ready_;
};

namespace {

// A coroutine nobody waits for: it runs at once and frees itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() const { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const {}
    void unhandled_exception() const { std::terminate(); }  // a bug: see spawn()
  };
};

Detached run_detached(Task<void> task) { co_await std::move(task); }

struct Outcome {
  bool is_done = false;
  std::exception_ptr exception;
};

Task<void> run_into(Task<void> task, Outcome& outcome) {
  try {
    co_await std::move(task);
  } catch (...) {
    outcome.exception = std::current_exception();
  }
  outcome.is_done = true;
}

class WithExecutor {
 public:
  explicit WithExecutor(Executor& executor) : previous_(std::exchange(current_executor, &executor)) {}
  ~WithExecutor() { current_executor = previous_; }
  WithExecutor(const WithExecutor&) = delete;
  WithExecutor& operator=(const WithExecutor&) = delete;

 private:
  Executor* previous_;
};

}  // namespace

void run_until_done(Task<void> task) {
  RunLoop loop;
  const WithExecutor here(loop);
  Outcome outcome;
  spawn(run_into(std::move(task), outcome));
  while (!outcome.is_done) loop.run_one();
  if (outcome.exception) std::rethrow_exception(outcome.exception);
}

}  // namespace task_detail

void spawn(Task<void> task) { task_detail::run_detached(std::move(task)); }

}  // namespace latchkey::http
