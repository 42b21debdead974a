// One SQLite connection with its prepared statements, and the Transaction that runs on it. One thread at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/transaction.h"
#include "sql/work.h"
#include "sqlite/connection.h"

namespace latchkey::sql {

class SqliteSession final {
 public:
  explicit SqliteSession(sqlite::Connection connection, Access access)
      : connection_(std::move(connection)), access_(access) {}

  sqlite::Connection& connection() { return connection_; }
  Access access() const { return access_; }

  // The statement for this text, prepared the first time it is asked for. The reference is good until the next call.
  Result<sqlite::Statement*> find(std::string_view sql);
  // BEGIN, COMMIT and the like.
  Status run(std::string_view sql);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  sqlite::Connection connection_;
  Access access_;
  std::unordered_map<std::string, sqlite::Statement, Hash, std::equal_to<>> statements_;  // goes before the connection
};

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(SqliteSession& session) : session_(session) {}

 protected:
  Result<std::int64_t> do_execute(std::string_view sql, std::span<const Parameter> parameters) override;
  Result<Rows> do_query(std::string_view sql, std::span<const Parameter> parameters) override;

 private:
  Result<sqlite::Statement*> prepare(std::string_view sql, std::span<const Parameter> parameters);
  SqliteSession& session_;
};

}  // namespace latchkey::sql
