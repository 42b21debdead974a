// One closure on its way through a database: queued, run in a transaction, completed. It lives inside the Operation
// that the caller awaits or blocks on, so queueing a write allocates nothing.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <mutex>

#include "base/executor.h"
#include "base/result.h"
#include "sql/transaction.h"

namespace latchkey::sql {

enum class Access { read, write };

class Work {
 public:
  virtual ~Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  Access access() const { return access_; }

  // Calls the closure and keeps its answer; may be called again after a rollback. True: keep its changes. Never throws:
  // an exception of the closure becomes Code::internal.
  virtual bool run(Transaction& transaction) noexcept = 0;
  // Replaces the answer: the transaction could not be begun or committed.
  virtual void refuse(const Error& error) noexcept = 0;

 protected:
  explicit Work(Access access) : access_(access) {}

  // Who to wake: exactly one of these is called before the work is submitted.
  void resume_later(std::coroutine_handle<> handle, Executor* executor) { handle_ = handle, executor_ = executor; }
  struct Waiter {
    std::mutex mutex;
    std::condition_variable done;
    bool is_done = false;
  };
  void wake_later(Waiter& waiter) { waiter_ = &waiter; }

 private:
  friend class WorkList;
  const Access access_;
  Work* next_ = nullptr;
  std::coroutine_handle<> handle_;
  Executor* executor_ = nullptr;
  Waiter* waiter_ = nullptr;
};

// A first-in first-out chain of works; owns nothing. Not thread-safe.
class WorkList final {
 public:
  bool is_empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  void push(Work& work);
  Work* pop();  // null when empty
  // The first `count` works, or all when there are fewer.
  WorkList take(std::size_t count);
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (Work* work = first_; work != nullptr; work = work->next_) visit(*work);
  }

  // Wakes everyone: one post per executor however many works it waits for. The list is empty afterwards.
  void complete_all();

 private:
  struct Completion;
  Work* first_ = nullptr;
  Work* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace latchkey::sql
