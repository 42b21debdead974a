#include "sql/postgres_session.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>

#include "base/wiping.h"
#include "sql/postgres_errors.h"

namespace latchkey::sql {
namespace {

constexpr std::size_t max_prepared_statements =
    512;  // as for SQLite: texts built at run time must not grow this without end
constexpr int text_format = 0;
constexpr int binary_format = 1;

// pg_type.dat
constexpr Oid bool_oid = 16, bytea_oid = 17, int8_oid = 20, int2_oid = 21, int4_oid = 23, text_oid = 25,
              varchar_oid = 1043;

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// What we want where the connection string says nothing: TLS with a checked name to anything but a local socket, and an
// end to waiting for a dead network. `dbname` stands last so that the string decides.
PGconn* connect(const WipedString& connection) {
  const char* const names[] = {"connect_timeout", "tcp_user_timeout", "sslmode", "application_name",
                               "dbname",          "client_encoding",  nullptr};
  const char* const values[] = {"5", "30000", "verify-full", "latchkey", connection.c_str(), "UTF8", nullptr};
  return PQconnectdbParams(names, values, 1);
}

// Without the SQLite clause; see sql/transaction.h.
std::string to_postgres(std::string_view sql) {
  constexpr std::string_view clause = " WITHOUT ROWID";
  std::string text(sql);
  if (text.ends_with(clause)) text.resize(text.size() - clause.size());
  return text;
}

bool is_success(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

std::string_view sqlstate_of(const PGresult* result) {
  const char* const sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return sqlstate == nullptr ? "none" : sqlstate;
}

// A fixed-width binary integer; PostgreSQL sends them big-endian.
template <class Integer>
Status append_integer(Rows& rows, std::string_view bytes) {
  if (bytes.size() != sizeof(Integer)) return fail(Code::storage_corrupted, "an integer has another width");
  rows.append_integer(static_cast<Integer>(read_be<std::make_unsigned_t<Integer>>(as_bytes(bytes))));
  return {};
}

Status append_cell(Rows& rows, const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return rows.append_null(), Status();
  const std::string_view bytes(PQgetvalue(result, row, column),
                               static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (PQftype(result, column)) {
    case int8_oid:
      return append_integer<std::int64_t>(rows, bytes);
    case int4_oid:
      return append_integer<std::int32_t>(rows, bytes);
    case int2_oid:
      return append_integer<std::int16_t>(rows, bytes);
    case bool_oid:
      return append_integer<std::int8_t>(rows, bytes);
    case text_oid:
    case varchar_oid:
      return rows.append_text(bytes), Status();
    case bytea_oid:
      return rows.append_blob(as_bytes(bytes)), Status();
    default:
      return fail(Code::internal, "the query answers a type outside the shared dialect");
  }
}

}  // namespace

void PostgresResultClearer::operator()(pg_result* result) const { PQclear(result); }
void PostgresSession::Closer::operator()(pg_conn* connection) const { PQfinish(connection); }

Result<PostgresSession> PostgresSession::open(const ConnectionString& connection) {
  const WipedString terminated(connection.reveal_text());
  if (!Options(PQconninfoParse(terminated.c_str(), nullptr), PQconninfoFree))
    return fail(Code::configuration_invalid, "libpq cannot read the PostgreSQL connection string");
  PostgresSession session(connect(terminated));
  if (PQstatus(session.connection_.get()) != CONNECTION_OK) {
    const bool is_refused = PQconnectionNeedsPassword(session.connection_.get()) != 0 ||
                            PQconnectionUsedPassword(session.connection_.get()) != 0;
    return fail(Code::storage_failed,
                is_refused ? "PostgreSQL asks for another password"
                           : "cannot connect to PostgreSQL: is it up, and is its certificate trusted? (sslrootcert)");
  }
  PQsetNoticeProcessor(session.connection_.get(), [](void*, const char*) {}, nullptr);
  TRY_DO(session.configure());
  return session;
}

// An answer must be durable even where the server's default is not; no statement may wait for ever.
Status PostgresSession::configure() {
  TRY_DO(
      command("SELECT set_config('synchronous_commit', 'on', false) "
              "WHERE current_setting('synchronous_commit') = 'off'"));
  TRY_DO(command("SET lock_timeout = '10s'"));
  TRY_DO(command("SET statement_timeout = '60s'"));
  return command("SET idle_in_transaction_session_timeout = '60s'");
}

Status PostgresSession::begin(Access access) {
  trouble_ = Trouble::none;
  return command(access == Access::write ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                                         : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

Status PostgresSession::commit() {
  TRY(const auto result, checked(PQexec(connection_.get(), "COMMIT"), "commit"));
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT")
    return fail(Code::storage_failed, "PostgreSQL rolled back instead of committing");
  return {};
}

Status PostgresSession::rollback() { return command("ROLLBACK"); }

Status PostgresSession::command(const char* sql) {
  TRY_DO(checked(PQexec(connection_.get(), sql), "command"));
  return {};
}

// The server's message is not passed on: it quotes rows.
Result<PostgresResult> PostgresSession::checked(pg_result* raw, std::string_view what) {
  PostgresResult result(raw);
  if (is_success(result.get())) return result;
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    trouble_ = Trouble::connection_lost;
    return fail(Code::storage_failed, fmt::format("{}: the connection to PostgreSQL was lost", what));
  }
  const std::string_view sqlstate = sqlstate_of(result.get());
  if (is_serialization_failure(sqlstate)) trouble_ = Trouble::serialization;
  return fail(code_of_sqlstate(sqlstate), fmt::format("{}: PostgreSQL state {}", what, sqlstate));
}

Result<const std::string*> PostgresSession::find(std::string_view sql) {
  if (const auto found = names_.find(sql); found != names_.end()) return &found->second;
  if (names_.size() >= max_prepared_statements) {
    TRY_DO(command("DEALLOCATE ALL"));
    names_.clear();
  }
  std::string name = fmt::format("s{}", ++prepared_);
  TRY_DO(checked(PQprepare(connection_.get(), name.c_str(), to_postgres(sql).c_str(), 0, nullptr), "prepare"));
  return &names_.emplace(sql, std::move(name)).first->second;
}

// Integers travel as text, so that the server may read them as any integer type; text and blobs as they are.
void PostgresSession::arrange(std::span<const Parameter> parameters) {
  values_.assign(parameters.size(), nullptr);
  lengths_.assign(parameters.size(), 0);
  formats_.assign(parameters.size(), binary_format);
  numbers_.resize(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter::Content& content = parameters[i].content();
    const auto set_bytes = [&](std::string_view bytes) {
      values_[i] = bytes.empty() ? "" : bytes.data();
      lengths_[i] = static_cast<int>(bytes.size());
    };
    if (const auto* number = std::get_if<std::int64_t>(&content)) {
      auto& digits = numbers_[i];
      *std::to_chars(digits.data(), digits.data() + digits.size() - 1, *number).ptr = '\0';
      values_[i] = digits.data();
      formats_[i] = text_format;
    } else if (const auto* text = std::get_if<std::string_view>(&content)) {
      set_bytes(*text);
    } else if (const auto* blob = std::get_if<ByteView>(&content)) {
      set_bytes(as_text(*blob));
    }
  }
}

Result<PostgresResult> PostgresSession::run(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(const std::string* const name, find(sql));
  arrange(parameters);
  return checked(PQexecPrepared(connection_.get(), name->c_str(), static_cast<int>(parameters.size()), values_.data(),
                                lengths_.data(), formats_.data(), binary_format),
                 "statement");
}

Result<std::int64_t> PostgresTransaction::do_execute(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(const auto result, session_.run(sql, parameters));
  const std::string_view digits = PQcmdTuples(result.get());
  std::int64_t count = 0;  // none are given for DDL
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

Result<Rows> PostgresTransaction::do_query(std::string_view sql, std::span<const Parameter> parameters) {
  TRY(const auto result, session_.run(sql, parameters));
  const int columns = PQnfields(result.get());
  Rows rows(static_cast<std::size_t>(columns));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    for (int column = 0; column < columns; ++column) TRY_DO(append_cell(rows, result.get(), row, column));
  }
  return rows;
}

}  // namespace latchkey::sql
