// What a closure given to Database::write or read talks to. A port: each adapter has its own.
//
// The statement text is written once, in the dialect SQLite and PostgreSQL share:
// - placeholders $1, $2, ... (each parameter used, none left over); string literals of the program only, never built
// from input;
// - columns BIGINT, TEXT, BYTEA (milliseconds for times, 0 and 1 for booleans, CAST(SUM(x) AS BIGINT) for sums);
// - upserts as INSERT ... ON CONFLICT (...) DO NOTHING | DO UPDATE SET x = excluded.x; RETURNING works in both;
// - CREATE TABLE may end in WITHOUT ROWID, which PostgreSQL is not shown.
// A statement is prepared once per connection and found again by its text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sql/parameter.h"
#include "sql/rows.h"

namespace latchkey::sql {

// Used by one closure, on one thread. Once a statement has failed the transaction is lost, on either database: later
// statements repeat that error, and nothing is kept whatever the closure returns. Where a refusal is expected say so in
// SQL (ON CONFLICT DO NOTHING, UPDATE ... WHERE gen = $2) and look at the number of rows.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Runs INSERT, UPDATE, DELETE or DDL; answers how many rows it changed. Fails: conflict (a constraint), busy,
  // invalid_argument (text that is not UTF-8, or has a NUL), storage_full, storage_corrupted, storage_failed, internal
  // (wrong SQL or parameters).
  template <class... Values>
  Result<std::int64_t> execute(std::string_view sql, const Values&... values) {
    const std::array<Parameter, sizeof...(Values)> parameters{Parameter(values)...};
    TRY_DO(admit(parameters));
    return noted(do_execute(sql, parameters));
  }

  // Runs SELECT, or anything with RETURNING; answers all its rows. Bound them with LIMIT. Fails as execute().
  template <class... Values>
  Result<Rows> query(std::string_view sql, const Values&... values) {
    const std::array<Parameter, sizeof...(Values)> parameters{Parameter(values)...};
    TRY_DO(admit(parameters));
    return noted(do_query(sql, parameters));
  }

  // For adapters: the first statement error, if there was one.
  const std::optional<Error>& failure() const { return failure_; }

 protected:
  virtual Result<std::int64_t> do_execute(std::string_view sql, std::span<const Parameter> parameters) = 0;
  virtual Result<Rows> do_query(std::string_view sql, std::span<const Parameter> parameters) = 0;

 private:
  // Fails after a failure, and with invalid_argument: PostgreSQL stores no other text, so SQLite is not given it
  // either.
  Status admit(std::span<const Parameter> parameters);

  template <class T>
  Result<T> noted(Result<T> answer) {
    if (!answer) failure_ = answer.error();
    return answer;
  }

  std::optional<Error> failure_;
};

}  // namespace latchkey::sql
