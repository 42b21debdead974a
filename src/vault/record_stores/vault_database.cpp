#include "vault/record_stores/vault_database.h"

namespace latchkey::vault {
namespace {

constexpr std::int64_t application_id = 0x4C4B5654;  // "LKVT"
constexpr std::int64_t file_version = 1;
constexpr std::string_view parts_table =
    "CREATE TABLE parts(kind INTEGER NOT NULL,id INTEGER NOT NULL,body BLOB NOT NULL,PRIMARY "
    "KEY(kind,id))STRICT,WITHOUT "
    "ROWID";
constexpr std::string_view records_table =
    "CREATE TABLE records(name_index BLOB PRIMARY KEY,generation INTEGER NOT NULL,sequence INTEGER NOT NULL,head BLOB "
    "NOT "
    "NULL,value BLOB NOT NULL)STRICT,WITHOUT ROWID";
constexpr std::string_view settings =
    "PRAGMA journal_mode=DELETE;PRAGMA synchronous=EXTRA;PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;PRAGMA "
    "mmap_size=0;";
constexpr std::size_t max_part_size = 64 * 1024;  // the largest part is a slot: 5.3 KiB

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

Result<Bytes> read_blob(const sqlite::Statement& row, int column, std::size_t max_size) {
  if (row.column_type(column) != sqlite::Type::blob) return fail(Code::vault_corrupted, "column type");
  const ByteView blob = row.blob(column);
  if (blob.size() > max_size) return fail(Code::vault_corrupted, "column size");
  return Bytes(blob.begin(), blob.end());
}

Result<std::uint64_t> read_number(const sqlite::Statement& row, int column, std::int64_t max) {
  if (row.column_type(column) != sqlite::Type::integer) return fail(Code::vault_corrupted, "column type");
  const std::int64_t value = row.integer(column);
  if (value < 0 || value > max) return fail(Code::vault_corrupted, "column value");
  return static_cast<std::uint64_t>(value);
}

constexpr std::int64_t max_u32 = 0xffff'ffff;
constexpr std::int64_t max_sequence = std::int64_t{1} << 62;
constexpr std::size_t max_sealed_head = 512;
constexpr std::size_t max_sealed_value = (std::size_t{1} << 20) + 64;

// Columns: name_index, generation, sequence, head, value.
Result<SealedRecord> read_record(const sqlite::Statement& row) {
  SealedRecord record;
  TRY(const Bytes index, read_blob(row, 0, record.index.size()));
  if (index.size() != record.index.size()) return fail(Code::vault_corrupted, "name index");
  std::copy(index.begin(), index.end(), record.index.begin());
  TRY(const auto generation, read_number(row, 1, max_u32));
  record.generation = static_cast<std::uint32_t>(generation);
  TRY(record.sequence, read_number(row, 2, max_sequence));
  TRY(record.head, read_blob(row, 3, max_sealed_head));
  TRY(record.value, read_blob(row, 4, max_sealed_value));
  return record;
}

}  // namespace

Status VaultDatabase::make_tables(sqlite::Connection& connection, int page_size) {
  const std::string sql = "PRAGMA page_size=" + std::to_string(page_size) + ";" + std::string(settings) +
                          "PRAGMA application_id=" + std::to_string(application_id) +
                          ";PRAGMA user_version=" + std::to_string(file_version) + ";" + std::string(parts_table) +
                          ";" + std::string(records_table) + ";";
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
  for (const std::string_view expected : {parts_table, records_table}) {
    TRY(const bool is_there, in_our_words(schema->step()));
    if (!is_there || schema->text(0) != expected) return fail(Code::vault_corrupted, "vault file: schema");
  }
  TRY(const bool more, in_our_words(schema->step()));
  if (more) return fail(Code::vault_corrupted, "vault file: schema");
  return {};
}

// SQLite reads what is missing of a last page as zeroes. Called in a transaction, so that nobody grows the file
// meanwhile.
Status VaultDatabase::check_size(const std::filesystem::path& file) {
  TRY(const auto is_in_use, query_integer("SELECT count(*) FROM (SELECT 1 FROM parts LIMIT 1)"));  // takes the lock
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

Status VaultDatabase::run(std::string_view sql, const std::function<Status(sqlite::Statement&)>& bind) {
  TRY(auto statement, in_our_words(connection_.prepare(sql)));
  TRY_DO(bind(statement));
  return in_our_words(statement.run());
}

Status VaultDatabase::read(const ReadWork& work) {
  TRY_DO(in_our_words(connection_.exec("BEGIN")));
  const Status worked = work(*this);
  if (connection_.is_in_transaction()) TRY_DO(in_our_words(connection_.exec("ROLLBACK")));
  return worked;
}

Status VaultDatabase::write(const WriteWork& work) {
  TRY_DO(in_our_words(connection_.exec("BEGIN IMMEDIATE")));
  return finish(work(*this));
}

Status VaultDatabase::finish(Status worked) {
  if (worked) worked = in_our_words(connection_.exec("COMMIT"));
  if (!worked && connection_.is_in_transaction()) static_cast<void>(connection_.exec("ROLLBACK"));
  return worked;
}

Result<std::optional<Bytes>> VaultDatabase::find_part(PartId id) {
  TRY(auto statement, in_our_words(connection_.prepare("SELECT body FROM parts WHERE kind=$1 AND id=$2")));
  TRY_DO(statement.bind(1, static_cast<std::int64_t>(id.kind)));
  TRY_DO(statement.bind(2, std::int64_t{id.id}));
  TRY(const bool is_there, in_our_words(statement.step()));
  if (!is_there) return std::optional<Bytes>();
  TRY(Bytes body, read_blob(statement, 0, max_part_size));
  return std::optional<Bytes>(std::move(body));
}

Result<std::vector<Part>> VaultDatabase::list_parts(PartKind kind) {
  TRY(auto statement, in_our_words(connection_.prepare("SELECT id,body FROM parts WHERE kind=$1 ORDER BY id")));
  TRY_DO(statement.bind(1, static_cast<std::int64_t>(kind)));
  std::vector<Part> parts;
  while (true) {
    TRY(const bool is_there, in_our_words(statement.step()));
    if (!is_there) return parts;
    TRY(const auto id, read_number(statement, 0, max_u32));
    TRY(Bytes body, read_blob(statement, 1, max_part_size));
    parts.push_back({static_cast<std::uint32_t>(id), std::move(body)});
  }
}

Result<std::optional<SealedRecord>> VaultDatabase::find_record(const NameIndex& index) {
  TRY(auto statement, in_our_words(connection_.prepare(
                          "SELECT name_index,generation,sequence,head,value FROM records WHERE name_index=$1")));
  TRY_DO(statement.bind(1, ByteView(index)));
  TRY(const bool is_there, in_our_words(statement.step()));
  if (!is_there) return std::optional<SealedRecord>();
  TRY(SealedRecord record, read_record(statement));
  return std::optional<SealedRecord>(std::move(record));
}

Status VaultDatabase::visit_records(const std::function<Result<Walk>(const SealedRecord&)>& visit) {
  TRY(auto statement, in_our_words(connection_.prepare(
                          "SELECT name_index,generation,sequence,head,value FROM records ORDER BY name_index")));
  while (true) {
    TRY(const bool is_there, in_our_words(statement.step()));
    if (!is_there) return {};
    TRY(const SealedRecord record, read_record(statement));
    TRY(const Walk walk, visit(record));
    if (walk == Walk::stop) return {};
  }
}

Status VaultDatabase::put_part(PartId id, ByteView body) {
  return run("INSERT OR REPLACE INTO parts(kind,id,body) VALUES($1,$2,$3)",
             [&](sqlite::Statement& statement) -> Status {
               TRY_DO(statement.bind(1, static_cast<std::int64_t>(id.kind)));
               TRY_DO(statement.bind(2, std::int64_t{id.id}));
               return statement.bind(3, body);
             });
}

Status VaultDatabase::remove_part(PartId id) {
  return run("DELETE FROM parts WHERE kind=$1 AND id=$2", [&](sqlite::Statement& statement) -> Status {
    TRY_DO(statement.bind(1, static_cast<std::int64_t>(id.kind)));
    return statement.bind(2, std::int64_t{id.id});
  });
}

Status VaultDatabase::put_record(const SealedRecord& record) {
  const auto bind = [&](sqlite::Statement& statement) -> Status {
    TRY_DO(statement.bind(1, ByteView(record.index)));
    TRY_DO(statement.bind(2, std::int64_t{record.generation}));
    TRY_DO(statement.bind(3, static_cast<std::int64_t>(record.sequence)));
    TRY_DO(statement.bind(4, ByteView(record.head)));
    return statement.bind(5, ByteView(record.value));
  };
  return run("INSERT OR REPLACE INTO records(name_index,generation,sequence,head,value) VALUES($1,$2,$3,$4,$5)", bind);
}

Status VaultDatabase::remove_record(const NameIndex& index) {
  return run("DELETE FROM records WHERE name_index=$1",
             [&](sqlite::Statement& statement) { return statement.bind(1, ByteView(index)); });
}

}  // namespace latchkey::vault
