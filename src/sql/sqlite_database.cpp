#include "sql/sqlite_database.h"

#include <utility>

#include "sql/sqlite_readers.h"
#include "sql/sqlite_writer.h"

namespace latchkey::sql {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(sqlite::Connection connection, const SqliteOptions& options)
      : writer_(std::move(connection), options), readers_(options) {}
  ~SqliteDatabase() override { SqliteDatabase::stop(); }

  void stop() override {
    writer_.stop();
    readers_.stop();
  }

 private:
  bool submit(Work& work) override {
    if (work.access() == Access::write) return writer_.enqueue(work);
    readers_.run(work);
    return false;
  }

  SqliteWriter writer_;  // closed last: the last connection copies the log back and removes it
  SqliteReaders readers_;
};

Status use_write_ahead_log(sqlite::Connection& connection) {
  TRY(auto statement, connection.prepare("PRAGMA journal_mode = WAL"));
  TRY(const bool is_row, statement.step());
  if (!is_row || statement.text(0) != "wal")
    return fail(Code::storage_failed, "the file system cannot hold a write-ahead log; use a local disk");
  statement.reset();
  TRY_DO(connection.exec("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384"));
  connection.count_wal_pages();
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options) {
  TRY(auto connection, sqlite::Connection::open(options.file, {.busy_timeout = options.busy_timeout}));
  TRY_DO(use_write_ahead_log(connection));
  return std::make_unique<SqliteDatabase>(std::move(connection), options);
}

}  // namespace latchkey::sql
