#include "vault/record_stores/vault_database.h"

namespace latchkey::vault {
namespace {

constexpr std::int64_t application_id = 0x4C4B5654;  // "LKVT"
constexpr std::int64_t file_version = 1;
constexpr std::string_view parts_table = "CREATE TABLE parts(id INTEGER PRIMARY KEY,body BLOB NOT NULL)STRICT";
constexpr std::string_view settings =
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;PRAGMA "
    "mmap_size=0;";
constexpr int number_bits = 48;

std::int64_t row_of(PartId id) {
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(id.kind) << number_bits) | id.number);
}
std::int64_t first_row_of(PartKind kind) { return row_of({kind, 0}); }
std::int64_t last_row_of(PartKind kind) { return row_of({kind, PartId::max_number}); }

Error in_our_words(const Error& error) {
  switch (error.code) {
    case Code::storage_corrupted:
    case Code::internal:  // a table is missing or shaped differently
    case Code::conflict:
      return {Code::vault_corrupted, "vault file"};
    case Code::busy:
      return {Code::temporarily_unavailable, "another process holds the vault"};
    default:
      return error;
  }
}
template <class T>
Result<T> in_our_words(Result<T> result) {
  if (!result) return tl::unexpected(in_our_words(result.error()));
  return result;
}

Result<Bytes> read_body(const sqlite::Statement& row, int column) {
  if (row.column_type(column) != sqlite::Type::blob) return fail(Code::vault_corrupted, "column type");
  const ByteView blob = row.blob(column);
  if (blob.size() > max_part_size) return fail(Code::vault_corrupted, "column size");
  return Bytes(blob.begin(), blob.end());
}

}  // namespace

Status VaultDatabase::make_tables(sqlite::Connection& connection, int page_size) {
  const std::string sql = "PRAGMA page_size=" + std::to_string(page_size) + ";" + std::string(settings) +
                          "PRAGMA application_id=" + std::to_string(application_id) +
                          ";PRAGMA user_version=" + std::to_string(file_version) + ";" + std::string(parts_table) + ";";
  return in_our_words(connection.exec(sql));
}

Result<std::unique_ptr<VaultDatabase>> VaultDatabase::open(const std::filesystem::path& file,
                                                           const SqliteRecordStoreOptions& options) {
  auto connection = in_our_words(
      sqlite::Connection::open(file, {.access = sqlite::Access::read_write, .busy_timeout = options.busy_timeout}));
  if (!connection) return tl::unexpected(connection.error());
  return adopt(*std::move(connection), file);
}

Result<std::unique_ptr<VaultDatabase>> VaultDatabase::adopt(sqlite::Connection connection,
                                                            const std::filesystem::path& file) {
  std::unique_ptr<VaultDatabase> database(new VaultDatabase(std::move(connection)));
  TRY_DO(database->check_identity());
  TRY_DO(in_our_words(database->connection_.exec(settings)));
  TRY_DO(database->prepare());
  TRY_DO(database->read([&](RecordReader& /*reader*/) { return database->check_size(file); }));
  return database;
}

// A foreign table, view or trigger could change what our statements mean, so the schema must be ours to the letter.
Status VaultDatabase::check_identity() {
  TRY(const auto id, query_integer("PRAGMA application_id"));
  TRY(const auto version, query_integer("PRAGMA user_version"));
  if (id != application_id) return fail(Code::vault_corrupted, "not a vault file");
  if (version > file_version) return fail(Code::future_version, "vault file");
  if (version < 1) return fail(Code::vault_corrupted, "vault file: version");
  auto schema = in_our_words(connection_.prepare("SELECT sql FROM sqlite_schema ORDER BY name"));
  if (!schema) return tl::unexpected(schema.error());
  TRY(const bool is_there, in_our_words(schema->step()));
  if (!is_there || schema->text(0) != parts_table) return fail(Code::vault_corrupted, "vault file: schema");
  TRY(const bool more, in_our_words(schema->step()));
  if (more) return fail(Code::vault_corrupted, "vault file: schema");
  return {};
}

// SQLite reads what is missing of a last page as zeroes. Called in a transaction, so that nobody grows the file
// meanwhile.
Status VaultDatabase::check_size(const std::filesystem::path& file) {
  TRY(const auto is_in_use, query_integer("SELECT count(*) FROM (SELECT 1 FROM parts LIMIT 1)"));  // takes the lock
  std::error_code no_log;
  const auto log = std::filesystem::file_size(std::filesystem::path(file).concat("-wal"), no_log);
  if (!no_log && log != 0) return {};  // the log may hold the last pages
  TRY(const auto pages, query_integer("PRAGMA page_count"));
  TRY(const auto page_size, query_integer("PRAGMA page_size"));
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed) return fail(Code::storage_failed, "vault file");
  if (is_in_use != 0 && size != static_cast<std::uintmax_t>(pages * page_size))
    return fail(Code::vault_corrupted, "cut short");
  return {};
}

Result<std::int64_t> VaultDatabase::query_integer(std::string_view sql) {
  TRY(auto statement, in_our_words(connection_.prepare(sql)));
  TRY(const bool is_there, in_our_words(statement.step()));
  if (!is_there) return fail(Code::vault_corrupted, "vault file");
  const std::int64_t value = statement.integer(0);
  statement.reset();
  return value;
}

Status VaultDatabase::prepare() {
  const auto made = [this](std::string_view sql) { return in_our_words(connection_.prepare(sql)); };
  TRY(auto begin, made("BEGIN"));
  TRY(auto begin_writing, made("BEGIN IMMEDIATE"));
  TRY(auto commit, made("COMMIT"));
  TRY(auto rollback, made("ROLLBACK"));
  TRY(auto find, made("SELECT body FROM parts WHERE id=$1"));
  TRY(auto list, made("SELECT id,body FROM parts WHERE id BETWEEN $1 AND $2 ORDER BY id"));
  TRY(auto count, made("SELECT count(*) FROM parts WHERE id BETWEEN $1 AND $2"));
  TRY(auto put, made("INSERT INTO parts(id,body) VALUES($1,$2) ON CONFLICT(id) DO UPDATE SET body=excluded.body"));
  TRY(auto remove, made("DELETE FROM parts WHERE id=$1"));
  statements_.emplace(Statements{std::move(begin), std::move(begin_writing), std::move(commit), std::move(rollback),
                                 std::move(find), std::move(list), std::move(count), std::move(put),
                                 std::move(remove)});
  return {};
}

Status VaultDatabase::read(const ReadWork& work) {
  TRY_DO(in_our_words(statements_->begin.run()));
  const Status worked = work(*this);
  if (connection_.is_in_transaction()) TRY_DO(in_our_words(statements_->rollback.run()));
  return worked;
}

Status VaultDatabase::write(const WriteWork& work) {
  TRY_DO(in_our_words(statements_->begin_writing.run()));
  return finish(work(*this));
}

Status VaultDatabase::finish(Status worked) {
  if (worked) worked = in_our_words(statements_->commit.run());
  if (!worked && connection_.is_in_transaction()) static_cast<void>(statements_->rollback.run());
  return worked;
}

Status VaultDatabase::scrub() { return in_our_words(connection_.checkpoint(sqlite::Connection::Checkpoint::truncate)); }

Status VaultDatabase::check() {
  auto statement = in_our_words(connection_.prepare("PRAGMA integrity_check(1)"));
  if (!statement) return tl::unexpected(statement.error());
  TRY(const bool is_there, in_our_words(statement->step()));
  if (!is_there || statement->text(0) != "ok") return fail(Code::vault_corrupted, "vault file");
  return {};
}

Result<std::optional<Bytes>> VaultDatabase::find(PartId id) {
  sqlite::Statement& statement = statements_->find;
  TRY_DO(statement.bind(1, row_of(id)));
  TRY(const bool is_there, in_our_words(statement.step()));
  if (!is_there) return std::optional<Bytes>();
  auto body = read_body(statement, 0);
  statement.reset();
  if (!body) return tl::unexpected(body.error());
  return std::optional<Bytes>(*std::move(body));
}

Result<std::vector<Part>> VaultDatabase::list(PartKind kind) {
  sqlite::Statement& statement = statements_->list;
  statement.reset();
  TRY_DO(statement.bind(1, first_row_of(kind)));
  TRY_DO(statement.bind(2, last_row_of(kind)));
  std::vector<Part> parts;
  while (true) {
    TRY(const bool is_there, in_our_words(statement.step()));
    if (!is_there) return parts;
    TRY(Bytes body, read_body(statement, 1));
    parts.push_back({static_cast<std::uint64_t>(statement.integer(0)) & PartId::max_number, std::move(body)});
  }
}

Result<std::uint64_t> VaultDatabase::count(PartKind kind) {
  sqlite::Statement& statement = statements_->count;
  TRY_DO(statement.bind(1, first_row_of(kind)));
  TRY_DO(statement.bind(2, last_row_of(kind)));
  TRY(const bool is_there, in_our_words(statement.step()));
  const auto count = is_there ? static_cast<std::uint64_t>(statement.integer(0)) : 0;
  statement.reset();
  return count;
}

Status VaultDatabase::put(PartId id, ByteView body) {
  sqlite::Statement& statement = statements_->put;
  TRY_DO(statement.bind(1, row_of(id)));
  TRY_DO(statement.bind(2, body));
  return in_our_words(statement.run());
}

Status VaultDatabase::remove(PartId id) {
  sqlite::Statement& statement = statements_->remove;
  TRY_DO(statement.bind(1, row_of(id)));
  return in_our_words(statement.run());
}

}  // namespace latchkey::vault
