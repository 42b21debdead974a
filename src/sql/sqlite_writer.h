// The one thread that writes to a SQLite file. Takes all closures that wait, runs each in its own SAVEPOINT inside one
// transaction, commits, and only then wakes their callers.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "sql/sqlite_database.h"
#include "sql/sqlite_session.h"
#include "sql/work.h"

namespace latchkey::sql {

class SqliteWriter final {
 public:
  SqliteWriter(sqlite::Connection connection, const SqliteOptions& options);
  ~SqliteWriter() { stop(); }

  // True: completed later. False: refused, with the reason in `work`.
  bool enqueue(Work& work);
  void stop();

 private:
  void loop();
  WorkList next_batch();
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  void commit(WorkList& batch);
  Status run_batch(WorkList& batch);
  Status run_alone(Work& work);
  Status run_in_savepoint(Work& work);
  bool run_closure(Work& work);
  void bound_log();

  const SqliteOptions options_;
  SqliteSession session_;
  int wal_limit_;
  std::size_t last_batch_ = 0;  // of the writer's thread alone

  std::mutex mutex_;
  std::condition_variable arrived_;
  WorkList queue_;
  bool is_waiting_ = false;
  bool is_stopping_ = false;

  std::once_flag joined_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latchkey::sql
