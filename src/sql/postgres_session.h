// One connection to PostgreSQL with its prepared statements, and the Transaction that runs on it. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/postgres_database.h"
#include "sql/transaction.h"
#include "sql/work.h"

// libpq's own types, named so that its header stays in one file.
struct pg_conn;
struct pg_result;

namespace latchkey::sql {

struct PostgresResultClearer {
  void operator()(pg_result* result) const;
};
using PostgresResult = std::unique_ptr<pg_result, PostgresResultClearer>;

class PostgresSession final {
 public:
  // Fails: configuration_invalid (the text is no connection string), storage_failed.
  static Result<PostgresSession> open(const ConnectionString& connection);

  // What went wrong since begin(), as far as it decides whether the closure is run again.
  enum class Trouble { none, serialization, connection_lost };
  Trouble trouble() const { return trouble_; }

  Status begin(Access access);
  Status commit();
  Status rollback();

  Result<PostgresResult> run(std::string_view sql, std::span<const Parameter> parameters);

 private:
  struct Closer {
    void operator()(pg_conn* connection) const;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  explicit PostgresSession(pg_conn* connection) : connection_(connection) {}
  Status configure();
  Status command(const char* sql);
  Result<const std::string*> find(std::string_view sql);
  Result<PostgresResult> checked(pg_result* raw, std::string_view what);
  void arrange(std::span<const Parameter> parameters);

  std::unique_ptr<pg_conn, Closer> connection_;
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> names_;  // statement text -> its prepared name
  std::uint64_t prepared_ = 0;
  Trouble trouble_ = Trouble::none;

  // The parameters of the statement under way, as libpq takes them; kept to be used again.
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::array<char, 24>> numbers_;
};

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(PostgresSession& session) : session_(session) {}

 protected:
  Result<std::int64_t> do_execute(std::string_view sql, std::span<const Parameter> parameters) override;
  Result<Rows> do_query(std::string_view sql, std::span<const Parameter> parameters) override;

 private:
  PostgresSession& session_;
};

}  // namespace latchkey::sql
