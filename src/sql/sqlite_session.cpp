#include "sql/sqlite_session.h"

#include <utility>

namespace latchkey::sql {
namespace {

// Programs have a fixed set of statements; a text built at run time must not grow this without end.
constexpr std::size_t max_statements = 512;

Status append_cell(Rows& rows, const sqlite::Statement& statement, int column) {
  switch (statement.column_type(column)) {
    case sqlite::Type::null:
      rows.append_null();
      return {};
    case sqlite::Type::integer:
      rows.append_integer(statement.integer(column));
      return {};
    case sqlite::Type::text:
      rows.append_text(statement.text(column));
      return {};
    case sqlite::Type::blob:
      rows.append_blob(statement.blob(column));
      return {};
    case sqlite::Type::real:
      break;
  }
  return fail(Code::internal, "the query answers a type outside the shared dialect");
}

Status append_row(Rows& rows, const sqlite::Statement& statement) {
  const int columns = statement.column_count();
  for (int column = 0; column < columns; ++column) TRY_DO(append_cell(rows, statement, column));
  return {};
}

// Resets when a function leaves between two rows.
class ResetAtEnd final {
 public:
  explicit ResetAtEnd(sqlite::Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  sqlite::Statement& statement_;
};

}  // namespace

Result<sqlite::Statement*> SqliteSession::find(std::string_view sql) {
  if (const auto found = statements_.find(sql); found != statements_.end()) return &found->second;
  TRY(auto statement, connection_.prepare(sql));
  if (statements_.size() >= max_statements) statements_.clear();
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Status SqliteSession::run(std::string_view sql) {
  TRY(auto* const statement, find(sql));
  return statement->run();
}

Result<sqlite::Statement*> SqliteTransaction::prepare(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(auto* const statement, session_.find(sql));
  if (session_.access() == Access::read && !statement->is_read_only())
    return fail(Code::internal, "a read closure must not write");
  if (std::cmp_not_equal(statement->parameter_count(), parameters.size()))
    return fail(Code::internal, "the statement takes another number of parameters");
  int number = 0;
  for (const Parameter& parameter : parameters) {
    ++number;
    TRY_DO(std::visit([&](const auto& value) { return statement->bind(number, value); }, parameter.content()));
  }
  return statement;
}

Result<std::int64_t> SqliteTransaction::do_execute(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(auto* const statement, prepare(sql, parameters));
  const std::int64_t before = session_.connection().total_changes();
  TRY_DO(statement->run());
  const bool is_changed = session_.connection().total_changes() != before;  // DDL leaves the older count standing
  return is_changed ? session_.connection().changes() : 0;
}

Result<Rows> SqliteTransaction::do_query(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(auto* const statement, prepare(sql, parameters));
  const ResetAtEnd guard(*statement);
  Rows rows(static_cast<std::size_t>(statement->column_count()));
  for (;;) {
    TRY(const bool is_row, statement->step());
    if (!is_row) return rows;
    TRY_DO(append_row(rows, *statement));
  }
}

}  // namespace latchkey::sql
