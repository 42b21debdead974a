#include "sql/sqlite_readers.h"

#include <utility>

namespace latchkey::sql {
namespace {

void run_on_snapshot(SqliteSession& session, Work& work) {
  const Status begun = session.run("BEGIN");
  if (!begun) return work.refuse(begun.error());
  SqliteTransaction transaction(session);
  if (work.run(transaction) && transaction.failure()) work.refuse(*transaction.failure());
  if (!session.connection().is_in_transaction()) return;  // rolled back by a failure
  if (const Status ended = session.run("COMMIT"); !ended) work.refuse(ended.error());
}

}  // namespace

void SqliteReaders::run(Work& work) {
  auto session = borrow();
  if (!session) return work.refuse(session.error());
  run_on_snapshot(**session, work);
  give_back(*std::move(session));
}

void SqliteReaders::stop() {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  returned_.notify_all();
  returned_.wait(lock, [this] { return lent_ == 0; });
  idle_.clear();
}

Result<std::unique_ptr<SqliteSession>> SqliteReaders::borrow() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return is_stopping_ || lent_ < options_.max_readers; });
  if (is_stopping_) return fail(Code::busy, "the database is stopping");
  ++lent_;
  if (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    return session;
  }
  lock.unlock();
  auto session = open_session();
  if (!session) give_back(nullptr);
  return session;
}

void SqliteReaders::give_back(std::unique_ptr<SqliteSession> session) {
  const std::lock_guard lock(mutex_);
  --lent_;
  // A connection that could not leave its transaction would pin its snapshot: it is closed instead.
  if (session != nullptr && !session->connection().is_in_transaction()) idle_.push_back(std::move(session));
  returned_.notify_all();
}

Result<std::unique_ptr<SqliteSession>> SqliteReaders::open_session() const {
  TRY(auto connection, sqlite::Connection::open(options_.file, {.access = sqlite::Access::read_only,
                                                                .busy_timeout = options_.busy_timeout}));
  TRY_DO(connection.exec("PRAGMA temp_store = MEMORY"));
  return std::make_unique<SqliteSession>(std::move(connection), Access::read);
}

}  // namespace latchkey::sql
