// Read-only connections to a SQLite file, opened as they are needed. A read runs on the caller's thread and sees one
// snapshot: the last commit at its first statement.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "sql/sqlite_database.h"
#include "sql/sqlite_session.h"
#include "sql/work.h"

namespace latchkey::sql {

// Thread-safe.
class SqliteReaders final {
 public:
  explicit SqliteReaders(const SqliteOptions& options) : options_(options) {}

  // Runs `work` to its end. Waits while all connections are in use.
  void run(Work& work);
  // Refuses new reads, waits for those under way and closes the connections.
  void stop();

 private:
  Result<std::unique_ptr<SqliteSession>> borrow();
  void give_back(std::unique_ptr<SqliteSession> session);
  Result<std::unique_ptr<SqliteSession>> open_session() const;

  const SqliteOptions options_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteSession>> idle_;
  std::size_t lent_ = 0;
  bool is_stopping_ = false;
};

}  // namespace latchkey::sql
