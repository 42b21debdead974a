#include "sql/sqlite_writer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/log.h"

namespace latchkey::sql {
namespace {

// How long the queue must be empty before the log is copied back: longer than the pauses of a busy server.
constexpr std::chrono::milliseconds idle_delay{50};
// How long all writes wait for a reader when the log has reached its limit.
constexpr std::chrono::milliseconds reader_patience{100};

Error commit_failed(const Error& cause) {
  const Code code = cause.code == Code::storage_full ? Code::storage_full : Code::storage_failed;
  return {code, "the commit failed; " + cause.detail};
}

}  // namespace

SqliteWriter::SqliteWriter(sqlite::Connection connection, const SqliteOptions& options)
    : options_(options),
      session_(std::move(connection), Access::write),
      wal_limit_(options.max_wal_pages),
      thread_([this] { loop(); }) {}

bool SqliteWriter::enqueue(Work& work) {
  std::unique_lock lock(mutex_);
  if (is_stopping_ || queue_.size() >= options_.max_queued_writes) {
    work.refuse({Code::busy, is_stopping_ ? "the database is stopping" : "too many writes are waiting"});
    return false;
  }
  queue_.push(work);
  const bool must_wake = std::exchange(is_waiting_, false);
  lock.unlock();
  if (must_wake) arrived_.notify_one();
  return true;
}

void SqliteWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  arrived_.notify_one();
  std::call_once(joined_, [this] { thread_.join(); });
}

void SqliteWriter::loop() {
  for (;;) {
    WorkList batch = next_batch();
    if (batch.is_empty()) return;
    commit(batch);
    batch.complete_all();
    bound_log();
  }
}

WorkList SqliteWriter::next_batch() {
  std::unique_lock lock(mutex_);
  while (queue_.is_empty() && !is_stopping_) wait_for_work(lock);
  if (queue_.size() < last_batch_) {  // under load the company of the last commit is on its way: wait for who is ready
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  WorkList batch = queue_.take(options_.max_batch);
  last_batch_ = batch.size();
  return batch;
}

void SqliteWriter::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto is_over = [this] { return !queue_.is_empty() || is_stopping_; };
  is_waiting_ = true;
  if (session_.connection().wal_pages() < options_.idle_checkpoint_pages) {
    arrived_.wait(lock, is_over);
  } else if (!arrived_.wait_for(lock, idle_delay, is_over)) {
    lock.unlock();
    const Status copied = session_.connection().checkpoint(sqlite::Connection::Checkpoint::passive);
    if (!copied) log::warning("idle checkpoint failed", {{"error", copied.error()}});
    lock.lock();
  }
  is_waiting_ = false;
}

// Under unbroken load there is no idle moment: then the log is copied back here, and begun again from its front: to
// sync a file that grows costs a write of its inode as well. Readers are waited for, but not long: one that stays is
// met again only when the log has doubled.
void SqliteWriter::bound_log() {
  sqlite::Connection& connection = session_.connection();
  if (connection.wal_pages() < wal_limit_) return;
  using enum sqlite::Connection::Checkpoint;
  connection.set_busy_timeout(reader_patience);
  const Status cut = connection.checkpoint(wal_limit_ > options_.max_wal_pages ? truncate : restart);
  connection.set_busy_timeout(options_.busy_timeout);
  wal_limit_ = cut ? options_.max_wal_pages : std::min(wal_limit_, std::numeric_limits<int>::max() / 2) * 2;
  if (!cut) log::warning("a reader keeps the write-ahead log from being cut", {{"error", cut.error()}});
}

void SqliteWriter::commit(WorkList& batch) {
  Status done = session_.run("BEGIN IMMEDIATE");
  if (done) {
    done = run_batch(batch);
    if (done && session_.connection().is_in_transaction()) done = session_.run("COMMIT");
    if (!done) done = tl::unexpected(commit_failed(done.error()));
    if (session_.connection().is_in_transaction() && !session_.run("ROLLBACK")) log::error("rollback failed");
  }
  if (!done) batch.for_each([&](Work& work) { work.refuse(done.error()); });
}

// Fails when the whole transaction is lost, not when one closure is.
Status SqliteWriter::run_batch(WorkList& batch) {
  Status done;
  const bool is_alone = batch.size() == 1;
  batch.for_each([&](Work& work) {
    if (done) done = is_alone ? run_alone(work) : run_in_savepoint(work);
  });
  return done;
}

// Without company a failing closure takes the whole transaction with it; some failures have done so themselves.
Status SqliteWriter::run_alone(Work& work) {
  if (run_closure(work) || !session_.connection().is_in_transaction()) return {};
  return session_.run("ROLLBACK");
}

Status SqliteWriter::run_in_savepoint(Work& work) {
  TRY_DO(session_.run("SAVEPOINT closure"));
  const bool is_kept = run_closure(work);
  if (!session_.connection().is_in_transaction()) return fail(Code::storage_failed, "the transaction was lost");
  if (!is_kept) TRY_DO(session_.run("ROLLBACK TO closure"));
  return session_.run("RELEASE closure");
}

bool SqliteWriter::run_closure(Work& work) {
  SqliteTransaction transaction(session_);
  if (!work.run(transaction)) return false;
  if (transaction.failure()) {
    work.refuse(*transaction.failure());
    return false;
  }
  if (session_.connection().has_deferred_violations()) {  // would fail the COMMIT of everybody
    work.refuse({Code::conflict, "a foreign key has no parent"});
    return false;
  }
  return true;
}

}  // namespace latchkey::sql
