#include "sqlite/statement.h"

#include <sqlite3.h>

#include <charconv>

#include "sqlite/errors.h"

namespace latchkey::sqlite {
namespace {

constexpr int max_placeholders = 999;

// $7 and ?7 are number 7; a plain ? is the number of its position.
int number_of(const char* name, int position) {
  if (name == nullptr) return position;
  const std::string_view digits = std::string_view(name).substr(1);
  int number = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return end.ec == std::errc() && end.ptr == digits.data() + digits.size() ? number : 0;
}

// SQLite takes a null pointer for NULL; an empty value is not NULL.
const char* start_of(std::string_view bytes) { return bytes.empty() ? "" : bytes.data(); }

Status checked(int result) {
  if (result != SQLITE_OK) return fail_with(result, "binding a value");
  return {};
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3_stmt* statement) : statement_(statement) {
  const int count = sqlite3_bind_parameter_count(statement);
  for (int position = 1; position <= count; ++position) {
    const int number = number_of(sqlite3_bind_parameter_name(statement, position), position);
    if (number < 1 || number > max_placeholders) continue;  // a name: it cannot be bound
    if (positions_.size() < static_cast<std::size_t>(number)) positions_.resize(static_cast<std::size_t>(number));
    positions_[static_cast<std::size_t>(number) - 1] = position;
  }
}

// Called by every bind().
Result<int> Statement::position_of(int number) {
  is_reset_ = false;
  if (number < 1 || number > parameter_count() || positions_[static_cast<std::size_t>(number) - 1] == 0)
    return fail(Code::invalid_argument, "the statement has no such placeholder");
  return positions_[static_cast<std::size_t>(number) - 1];
}

Status Statement::bind(int number, std::int64_t value) {
  TRY(const int position, position_of(number));
  return checked(sqlite3_bind_int64(statement_.get(), position, value));
}

Status Statement::bind(int number, std::string_view text) {
  TRY(const int position, position_of(number));
  return checked(
      sqlite3_bind_text64(statement_.get(), position, start_of(text), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Status Statement::bind(int number, ByteView blob) {
  TRY(const int position, position_of(number));
  return checked(sqlite3_bind_blob64(statement_.get(), position, start_of(as_text(blob)), blob.size(), SQLITE_STATIC));
}

Status Statement::bind(int number, std::nullptr_t) {
  TRY(const int position, position_of(number));
  return checked(sqlite3_bind_null(statement_.get(), position));
}

Result<bool> Statement::step() {
  is_reset_ = false;
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  reset();
  if (result == SQLITE_DONE) return false;
  return fail_with(result, "running a statement");
}

Status Statement::run() {
  for (;;) {
    TRY(const bool is_row, step());
    if (!is_row) return {};
  }
}

void Statement::reset() {
  if (std::exchange(is_reset_, true)) return;
  sqlite3_reset(statement_.get());  // repeats the error step() has reported
  sqlite3_clear_bindings(statement_.get());
}

bool Statement::is_read_only() const { return sqlite3_stmt_readonly(statement_.get()) != 0; }

int Statement::column_count() const { return sqlite3_column_count(statement_.get()); }

Type Statement::column_type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Type::integer;
    case SQLITE_TEXT:
      return Type::text;
    case SQLITE_BLOB:
      return Type::blob;
    case SQLITE_FLOAT:
      return Type::real;
    default:
      return Type::null;
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

ByteView Statement::blob(int column) const {
  const void* blob = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const std::uint8_t*>(blob), static_cast<std::size_t>(size)};
}

}  // namespace latchkey::sqlite
