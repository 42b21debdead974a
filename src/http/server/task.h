// Task<T>: a lazy coroutine that gives one T. Handlers are Tasks, and so is a connection; nothing here knows the event
// loop. Frames are wiped when they are freed, for they hold what the handler had in its hands.
//
//   Task<Response> answer(const Request& request) {
//     auto work = [&](sql::Transaction& tx) { return ...; };
//     CO_TRY(...) / co_return response;
//   }
//
// Foreign work is awaited through an awaitable that captures `current_executor` when it suspends and posts the handle
// to it. A Task starts when it is awaited, may be awaited once, and must outlive its run. Arguments taken by reference
// must outlive it too. An exception that leaves the coroutine is rethrown to whoever awaits it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/executor.h"

namespace latchkey::http {

template <class T>
class Task;

namespace task_detail {

void* allocate_frame(std::size_t size);
void wipe_and_free_frame(void* frame, std::size_t size);

class PromiseBase {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) { wipe_and_free_frame(frame, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  // Symmetric transfer: a chain of awaits uses no stack.
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      return done.promise().continuation_;
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void set_continuation(std::coroutine_handle<> continuation) { continuation_ = continuation; }

 protected:
  void rethrow_if_failed() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
  std::exception_ptr exception_;
};

template <class T>
class Promise final : public PromiseBase {
 public:
  Task<T> get_return_object();
  template <class U = T>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() {
    rethrow_if_failed();
    return *std::move(value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const {}
  void take() const { rethrow_if_failed(); }
};

}  // namespace task_detail

template <class T = void>
class [[nodiscard]] Task final {
 public:
  using promise_type = task_detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      handle.promise().set_continuation(awaiting);
      return handle;
    }
    T await_resume() const { return handle.promise().take(); }
  };
  Awaiter operator co_await() && { return {handle_}; }

 private:
  Handle handle_;
};

namespace task_detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// Runs what is posted to it on the one thread that waits.
class RunLoop;
void run_until_done(Task<void> task);
}  // namespace task_detail

// Runs the task on the calling thread and waits for it. Work that finishes elsewhere is resumed on the calling thread.
// Not for a thread that runs an event loop.
template <class T>
T sync_wait(Task<T> task) {
  std::optional<T> result;
  auto store = [](Task<T> inner, std::optional<T>& into) -> Task<void> { into.emplace(co_await std::move(inner)); };
  task_detail::run_until_done(store(std::move(task), result));
  return *std::move(result);
}
inline void sync_wait(Task<void> task) { task_detail::run_until_done(std::move(task)); }

// Starts the task now; it owns itself and goes when it ends. It must not let an exception out.
void spawn(Task<void> task);

}  // namespace latchkey::http
