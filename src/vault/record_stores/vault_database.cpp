#include "vault/record_stores/vault_database.h"

#include <algorithm>

#include "crypto/digest.h"
#include "protocol/limits/vault.h"
#include "vault/record_stores/vault_files.h"

namespace latchkey::vault {
namespace {

constexpr std::int64_t application_id = 0x4C4B5654;  // "LKVT"
constexpr std::int64_t file_version = 1;
constexpr std::string_view parts_table = "CREATE TABLE parts(id INTEGER PRIMARY KEY,body BLOB NOT NULL)STRICT";
// The cache holds the upper nodes of a large index. The log is copied into the file at 1,000 pages: later and reading
// slows, sooner and more commits pay for it.
constexpr std::string_view settings =
    "PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;PRAGMA mmap_size=0;"
    "PRAGMA cache_size=-8192;PRAGMA wal_autocheckpoint=1000";
constexpr int attempts_at_a_quiet_file = 16;  // to catch a moment between the writes of others
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

// Where it lies, until the statement is reset.
Result<ByteView> get_body(const sqlite::Statement& row, int column) {
  if (row.column_type(column) != sqlite::Type::blob) return fail(Code::vault_corrupted, "column type");
  const ByteView blob = row.blob(column);
  if (blob.size() > protocol::limits::vault_part_bytes) return fail(Code::vault_corrupted, "column size");
  return blob;
}

Result<bool> look_at_body(const sqlite::Statement& row, const RecordReader::Look& look) {
  TRY(const ByteView body, get_body(row, 0));
  TRY_DO(look(body));
  return true;
}

Result<sqlite::Connection> connect(const std::filesystem::path& file, const SqliteRecordStoreOptions& options,
                                   sqlite::Access access) {
  return in_our_words(sqlite::Connection::open(
      file, {.access = access, .busy_timeout = options.busy_timeout, .page_digest = digest_page}));
}

}  // namespace

ByteArray<sqlite::page_digest_size> digest_page(std::uint32_t page, ByteView body) {
  const crypto::Sha256Digest whole = crypto::sha256(body);
  ByteArray<sqlite::page_digest_size> digest;
  std::copy_n(whole.begin(), digest.size(), digest.begin());
  for (std::size_t i = 0; i < 4; ++i) digest[digest.size() - 1 - i] ^= static_cast<std::uint8_t>(page >> (8 * i));
  return digest;
}

// Without a journal on the disk: nobody knows the file yet. WAL mode comes last, so that no log is made.
Status VaultDatabase::create(const std::filesystem::path& file, const SqliteRecordStoreOptions& options,
                             const WriteWork& work) {
  TRY(auto connection, connect(file, options, sqlite::Access::create));
  VaultDatabase database(std::move(connection), file, options.busy_timeout);
  TRY_DO(database.make_table(options.page_size));
  TRY_DO(database.write(work));
  TRY_DO(in_our_words(database.connection_.exec("PRAGMA journal_mode=WAL")));
  return database.scrub();
}

Status VaultDatabase::make_table(int page_size) {
  const std::string sql = "PRAGMA page_size=" + std::to_string(page_size) +
                          ";PRAGMA auto_vacuum=NONE;PRAGMA journal_mode=MEMORY;" + std::string(settings) +
                          ";PRAGMA application_id=" + std::to_string(application_id) +
                          ";PRAGMA user_version=" + std::to_string(file_version) + ";" + std::string(parts_table);
  return in_our_words(connection_.exec(sql));
}

Result<std::unique_ptr<VaultDatabase>> VaultDatabase::open(const std::filesystem::path& file,
                                                           const SqliteRecordStoreOptions& options) {
  TRY(auto connection, connect(file, options, sqlite::Access::read_write));
  std::unique_ptr<VaultDatabase> database(new VaultDatabase(std::move(connection), file, options.busy_timeout));
  TRY_DO(in_our_words(database->connection_.exec(settings)));
  TRY_DO(database->read([&](RecordReader& /*reader*/) -> Status {
    TRY_DO(database->hold_snapshot());
    TRY_DO(database->check_identity());
    return database->has_log() ? Status() : database->check_size();
  }));
  return database;
}

// A foreign table, view or trigger could change what our statements mean, so the schema must be ours to the letter.
Status VaultDatabase::check_identity() {
  TRY(const auto id, query_integer("PRAGMA application_id"));
  TRY(const auto version, query_integer("PRAGMA user_version"));
  if (id != application_id) return fail(Code::vault_corrupted, "not a vault file");
  if (version > file_version) return fail(Code::future_version, "vault file");
  if (version < 1) return fail(Code::vault_corrupted, "vault file: version");
  auto schema = in_our_words(connection_.prepare("SELECT sql FROM sqlite_schema"));
  if (!schema) return tl::unexpected(schema.error());
  TRY(const bool is_there, in_our_words(schema->step()));
  if (!is_there || schema->text(0) != parts_table) return fail(Code::vault_corrupted, "vault file: schema");
  TRY(const bool more, in_our_words(schema->step()));
  if (more) return fail(Code::vault_corrupted, "vault file: schema");
  return {};
}

bool VaultDatabase::has_log() const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(log_of(file_), missing);
  return !missing && size != 0;
}

// SQLite reads what is missing at the end as zeroes. To be called in a transaction and without a log, which may hold
// the last pages: then nobody changes the file meanwhile.
Status VaultDatabase::check_size() {
  TRY(const auto pages, query_integer("PRAGMA page_count"));
  TRY(const auto page_size, query_integer("PRAGMA page_size"));
  std::error_code failed;
  const auto size = std::filesystem::file_size(file_, failed);
  if (failed) return fail(Code::storage_failed, "vault file");
  if (size != static_cast<std::uintmax_t>(pages * page_size)) return fail(Code::vault_corrupted, "size");
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

Result<VaultDatabase::InUse> VaultDatabase::get(Prepared& prepared) {
  if (!prepared.statement) {
    TRY(prepared.statement, in_our_words(connection_.prepare(prepared.sql)));
  }
  return InUse(&*prepared.statement);
}

Status VaultDatabase::run(Prepared& prepared) {
  TRY(const InUse statement, get(prepared));
  return in_our_words(statement->run());
}

// One snapshot for all of `work`. A statement that stands on a row holds it as well as BEGIN and ROLLBACK do, and
// reading one part takes a third less time without them.
Status VaultDatabase::read(const ReadWork& work) {
  before_ = current_version();
  Status worked = work(*this);
  first_found_.reset();
  is_in_snapshot_ = false;
  before_.reset();
  if (connection_.is_in_transaction()) TRY_DO(run(rollback_));
  return worked;
}

std::optional<StoreVersion> VaultDatabase::version_of(const std::optional<sqlite::CommitMark>& mark) const {
  return mark ? std::optional(StoreVersion{opening_, *mark}) : std::nullopt;
}
std::optional<StoreVersion> VaultDatabase::current_version() const { return version_of(connection_.commit_mark()); }
std::optional<StoreVersion> VaultDatabase::written_version() const {
  return version_of(connection_.mark_of_last_write());
}

// The snapshot, if there is one yet, was taken in between: if nothing was committed meanwhile, it is of that commit.
std::optional<StoreVersion> VaultDatabase::version() { return before_ == current_version() ? before_ : std::nullopt; }

Status VaultDatabase::hold_snapshot() {
  if (is_in_snapshot_) return {};
  TRY_DO(run(begin_));
  is_in_snapshot_ = true;
  return {};
}

// A write that only puts, and no more than two parts, as that of one record does, is one statement: it needs neither
// BEGIN nor COMMIT, which cost as much as it does.
Status VaultDatabase::write(const WriteWork& work) {
  may_wait_ = connection_.hold_write_lock();
  if (!may_wait_) TRY_DO(run(begin_writing_));
  is_in_snapshot_ = true;
  before_ = current_version();
  const Status committed = commit(work(*this));
  before_.reset();
  is_in_snapshot_ = false;
  may_wait_ = false;
  waiting_.clear();
  connection_.give_back_write_lock();
  return committed;
}

// SQLite ends some transactions by itself when they fail.
Status VaultDatabase::commit(Status worked) {
  if (worked) worked = may_wait_ ? write_at_once() : run(commit_);
  if (!worked && connection_.is_in_transaction()) static_cast<void>(run(rollback_));
  return worked;
}

Status VaultDatabase::write_at_once() {
  if (waiting_.empty()) return {};
  if (waiting_.size() == 1) return put_now(waiting_[0].id, waiting_[0].body);
  TRY(const InUse statement, get(put_two_));
  int number = 0;
  for (const Waiting& one : waiting_) {
    TRY_DO(statement->bind(++number, row_of(one.id)));
    TRY_DO(statement->bind(++number, one.body));
  }
  return in_our_words(statement->run());
}

// Whatever one statement cannot do.
Status VaultDatabase::begin() {
  if (!std::exchange(may_wait_, false)) return {};
  TRY_DO(run(begin_writing_));
  for (const Waiting& one : waiting_) TRY_DO(put_now(one.id, one.body));
  return {};
}

Status VaultDatabase::scrub() { return in_our_words(connection_.checkpoint(sqlite::Connection::Checkpoint::truncate)); }

Status VaultDatabase::scrub_at_once() {
  connection_.set_busy_timeout(std::chrono::milliseconds(0));
  const Status scrubbed = scrub();
  connection_.set_busy_timeout(busy_timeout_);
  return scrubbed;
}

// The file can be compared with its digests only while it holds everything: others may write between the copying of the
// log and the lock.
Status VaultDatabase::check() {
  for (int attempt = 0; attempt < attempts_at_a_quiet_file; ++attempt) {
    TRY_DO(scrub());
    bool is_quiet = false;
    const Status checked = write([&](RecordWriter& /*writer*/) -> Status {
      TRY_DO(begin());
      is_quiet = !has_log();
      return is_quiet ? check_quiet_file() : Status();
    });
    if (!checked || is_quiet) return checked;
  }
  return fail(Code::temporarily_unavailable, "other processes are writing");
}

Status VaultDatabase::check_quiet_file() {
  TRY_DO(check_identity());
  TRY_DO(check_size());
  TRY_DO(in_our_words(connection_.check_pages()));
  TRY(auto statement, in_our_words(connection_.prepare("PRAGMA integrity_check(1)")));
  TRY(const bool is_there, in_our_words(statement.step()));
  if (!is_there || statement.text(0) != "ok") return fail(Code::vault_corrupted, "vault file");
  return {};
}

// Null: there is none.
Result<VaultDatabase::InUse> VaultDatabase::find_row(Prepared& prepared, PartId id) {
  TRY(InUse statement, get(prepared));
  TRY_DO(statement->bind(1, row_of(id)));
  TRY(const bool is_there, in_our_words(statement->step()));
  if (!is_there) statement.reset();
  return statement;
}

Result<std::optional<Bytes>> VaultDatabase::find(PartId id) {
  std::optional<Bytes> found;
  TRY_DO(look_at(id, [&](ByteView body) -> Status {
    found.emplace(body.begin(), body.end());
    return {};
  }));
  return found;
}

Result<bool> VaultDatabase::look_at(PartId id, const Look& look) {
  TRY_DO(begin());
  if (!is_in_snapshot_) {
    TRY(first_found_, find_row(find_first_, id));
    is_in_snapshot_ = first_found_ != nullptr;
    if (is_in_snapshot_) return look_at_body(*first_found_, look);
    TRY_DO(hold_snapshot());  // and look again, now in the snapshot that counts
  }
  TRY(const InUse found, find_row(find_, id));
  return found ? look_at_body(*found, look) : false;
}

Result<std::vector<Part>> VaultDatabase::list(PartKind kind) {
  TRY_DO(begin());
  TRY_DO(hold_snapshot());
  TRY(const InUse statement, get(list_));
  TRY_DO(statement->bind(1, first_row_of(kind)));
  TRY_DO(statement->bind(2, last_row_of(kind)));
  std::vector<Part> parts;
  while (true) {
    TRY(const bool is_there, in_our_words(statement->step()));
    if (!is_there) return parts;
    TRY(const ByteView body, get_body(*statement, 1));
    const auto number = static_cast<std::uint64_t>(statement->integer(0)) & PartId::max_number;
    parts.push_back({number, Bytes(body.begin(), body.end())});
  }
}

Result<std::uint64_t> VaultDatabase::count(PartKind kind) {
  TRY_DO(begin());
  TRY_DO(hold_snapshot());
  TRY(const InUse statement, get(count_));
  TRY_DO(statement->bind(1, first_row_of(kind)));
  TRY_DO(statement->bind(2, last_row_of(kind)));
  TRY(const bool is_there, in_our_words(statement->step()));
  return is_there ? static_cast<std::uint64_t>(statement->integer(0)) : 0;
}

Status VaultDatabase::put(PartId id, ByteView body) {
  constexpr std::size_t most = 2;
  if (may_wait_ && waiting_.size() < most) {
    waiting_.push_back({id, Bytes(body.begin(), body.end())});
    return {};
  }
  TRY_DO(begin());
  return put_now(id, body);
}

Status VaultDatabase::put_now(PartId id, ByteView body) {
  TRY(const InUse statement, get(put_));
  TRY_DO(statement->bind(1, row_of(id)));
  TRY_DO(statement->bind(2, body));
  return in_our_words(statement->run());
}

Status VaultDatabase::remove(PartId id) {
  TRY_DO(begin());
  TRY(const InUse statement, get(remove_));
  TRY_DO(statement->bind(1, row_of(id)));
  return in_our_words(statement->run());
}

}  // namespace latchkey::vault
