// The database as the servers see it: closures go in, answers come out, and an answer of write() is durable.
//   CO_TRY(auto tokens, co_await deps.db.write(std::move(work)));     in a coroutine
//   TRY(auto tokens, deps.db.write(work).get());                      blocking: start-up, command line, tests
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "base/executor.h"
#include "base/result.h"
#include "sql/transaction.h"
#include "sql/work.h"

namespace latchkey::sql {

template <class Closure>
class Operation;

// Thread-safe. Every closure runs in a transaction of its own that is serialisable against all others. Adapters:
// open_sqlite, open_postgres.
class Database {
 public:
  virtual ~Database() = default;

  // Runs `closure`, a callable Transaction& -> Result<T>, and commits if it answers a value; an error rolls back this
  // closure alone. The answer arrives after the commit is on disk. The closure may be run more than once (PostgreSQL,
  // serialisation failure): it must not move out of its captures, nor do anything but talk to the transaction. Nothing
  // starts before the operation is awaited or get() is called. Fails also: busy (queue full, stopping, retries used
  // up), storage_full, storage_failed (the commit failed, or its outcome is unknown), internal (the closure threw).
  template <class Closure>
  Operation<std::decay_t<Closure>> write(Closure&& closure) {
    return {*this, Access::write, std::forward<Closure>(closure)};
  }

  // The same on one consistent snapshot that sees every write answered before; statements that write fail. SQLite runs
  // it on the calling thread before write() or read() would suspend, so never read inside a closure.
  template <class Closure>
  Operation<std::decay_t<Closure>> read(Closure&& closure) {
    return {*this, Access::read, std::forward<Closure>(closure)};
  }

  // Refuses new work with busy, completes all that is queued, and returns when nothing is under way. The destructor of
  // every adapter does it too. Never call from a closure or a coroutine resumed without an executor.
  virtual void stop() = 0;

 protected:
  template <class Closure>
  friend class Operation;
  // True: `work` is completed later, from another thread. False: it is done, and its waiter is not woken.
  virtual bool submit(Work& work) = 0;
};

// What write() and read() return: await it once, or call get() once. Not movable. A coroutine is resumed through the
// current_executor of the thread that awaited; without one, on the database's thread, where it must not block.
template <class Closure>
class [[nodiscard]] Operation final : private Work {
 public:
  using Answer = std::invoke_result_t<Closure&, Transaction&>;
  static_assert(std::is_same_v<typename Answer::error_type, Error>, "a closure returns a Result<T>");

  template <class From>
  Operation(Database& database, Access access, From&& closure)
      : Work(access), database_(database), closure_(std::forward<From>(closure)) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    resume_later(handle, current_executor);
    return database_.submit(*this);  // after true this object may be gone
  }
  Answer await_resume() { return *std::move(answer_); }

  Answer get() {
    Waiter waiter;
    wake_later(waiter);
    if (database_.submit(*this)) {
      std::unique_lock lock(waiter.mutex);
      waiter.done.wait(lock, [&] { return waiter.is_done; });
    }
    return *std::move(answer_);
  }

 private:
  bool run(Transaction& transaction) noexcept override {
    try {
      answer_.emplace(closure_(transaction));
    } catch (...) {
      refuse(Error{Code::internal, "a database closure threw"});
    }
    return answer_->has_value();
  }
  void refuse(const Error& error) noexcept override { answer_.emplace(tl::unexpected(error)); }

  Database& database_;
  Closure closure_;
  std::optional<Answer> answer_;
};

}  // namespace latchkey::sql
