#include "sql/postgres_database.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "sql/postgres_session.h"
#include "sql/turnstile.h"
#include "sql/work.h"

namespace latchkey::sql {
namespace {

using Trouble = PostgresSession::Trouble;

constexpr std::size_t attempts_together = 5;

// Runs one closure at a time on one connection, opening it again when it is lost.
class PostgresRunner final {
 public:
  PostgresRunner(const PostgresOptions& options, Turnstile& turnstile, std::optional<PostgresSession> session)
      : options_(options), turnstile_(turnstile), session_(std::move(session)), random_(std::random_device()()) {}

  void run(Work& work) {
    for (std::size_t attempt = 1; attempt <= options_.max_attempts; ++attempt) {
      if (pass(work, attempt) == Outcome::final) return;
      back_off(attempt);
    }
    work.refuse({Code::busy, "others kept changing the same rows"});
  }

 private:
  enum class Outcome { final, again };

  static Outcome refuse(Work& work, const Error& error) { return work.refuse(error), Outcome::final; }

  // Reads meet nobody. A write that has lost several times would go on losing under load: it goes alone.
  Outcome pass(Work& work, std::size_t attempt) {
    if (work.access() == Access::read) return run_once(work);
    const Turnstile::Passage passage(turnstile_,
                                     attempt > attempts_together ? Turnstile::Way::alone : Turnstile::Way::together);
    return run_once(work);
  }

  Outcome run_once(Work& work) {
    if (const Status ready = connect(); !ready) return refuse(work, ready.error());
    if (const Status begun = session_->begin(work.access()); !begun) return after_trouble(work, begun.error());
    PostgresTransaction transaction(*session_);
    const bool is_kept = work.run(transaction);
    if (session_->trouble() != Trouble::none) return after_trouble(work, *transaction.failure());
    if (is_kept && !transaction.failure()) return commit(work);
    if (is_kept) work.refuse(*transaction.failure());
    roll_back();
    return Outcome::final;
  }

  // Nothing was committed: the closure may run again.
  Outcome after_trouble(Work& work, const Error& error) {
    const Trouble trouble = session_->trouble();
    roll_back();
    return trouble == Trouble::none ? refuse(work, error) : Outcome::again;
  }

  Outcome commit(Work& work) {
    const Status committed = session_->commit();
    if (committed) return Outcome::final;
    if (session_->trouble() ==
        Trouble::connection_lost) {  // it may have been committed: running it again could do it twice
      session_.reset();
      return refuse(work, {Code::storage_failed, "the connection was lost during the commit; its outcome is unknown"});
    }
    return after_trouble(work, committed.error());
  }

  void roll_back() {
    if (session_->trouble() == Trouble::connection_lost || !session_->rollback()) session_.reset();
  }

  Status connect() {
    if (session_) return {};
    TRY(auto session, PostgresSession::open(options_.connection));
    session_ = std::move(session);
    return {};
  }

  // Doubling from 1 ms to 64 ms, with a random part so that rivals do not meet again.
  void back_off(std::size_t attempt) {
    const auto longest = std::int64_t{1'000} << std::min<std::size_t>(attempt - 1, 6);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution(longest / 8, longest)(random_)));
  }

  const PostgresOptions& options_;
  Turnstile& turnstile_;
  std::optional<PostgresSession> session_;
  std::minstd_rand random_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(PostgresOptions options, PostgresSession first) : options_(std::move(options)) {
    std::optional<PostgresSession> session(std::move(first));
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
      threads_.emplace_back(
          [this, opened = std::exchange(session, std::nullopt)]() mutable { loop(std::move(opened)); });
    }
  }
  ~PostgresDatabase() override { PostgresDatabase::stop(); }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    arrived_.notify_all();
    std::call_once(joined_,
                   [this] { std::for_each(threads_.begin(), threads_.end(), [](auto& thread) { thread.join(); }); });
  }

 private:
  bool submit(Work& work) override {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_ || queue_.size() >= options_.max_queued) {
        work.refuse({Code::busy, is_stopping_ ? "the database is stopping" : "too much work is waiting"});
        return false;
      }
      queue_.push(work);
    }
    arrived_.notify_one();
    return true;
  }

  void loop(std::optional<PostgresSession> session) {
    PostgresRunner runner(options_, turnstile_, std::move(session));
    for (;;) {
      WorkList work = next();
      if (work.is_empty()) return;
      work.for_each([&](Work& only) { runner.run(only); });
      work.complete_all();
    }
  }

  WorkList next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return is_stopping_ || !queue_.is_empty(); });
    return queue_.take(1);
  }

  const PostgresOptions options_;
  Turnstile turnstile_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  WorkList queue_;
  bool is_stopping_ = false;
  std::once_flag joined_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options) {
  TRY(auto first, PostgresSession::open(options.connection));
  return std::make_unique<PostgresDatabase>(std::move(options), std::move(first));
}

}  // namespace latchkey::sql
