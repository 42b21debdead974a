// The vault file's one table, as a RecordWriter over one SQLite connection.
#pragma once

#include <filesystem>

#include "sqlite/connection.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace latchkey::vault {

// Not thread-safe. Every failure comes in the vault's words: vault_corrupted, temporarily_unavailable, storage_failed,
// storage_full.
class VaultDatabase final : public RecordWriter {
 public:
  // Makes the tables in a new file. Fails as above.
  static Status make_tables(sqlite::Connection& connection, int page_size);
  // Takes the vault file as it is, only if it has exactly our tables. Fails also: future_version.
  static Result<std::unique_ptr<VaultDatabase>> open(const std::filesystem::path& file,
                                                     const SqliteRecordStoreOptions& options);
  // `file` is the one the connection is open on.
  static Result<std::unique_ptr<VaultDatabase>> adopt(sqlite::Connection connection, const std::filesystem::path& file);

  Status read(const ReadWork& work);
  Status write(const WriteWork& work);

  // What was removed or replaced goes from the log, and the log's bytes from the disk.
  Status scrub();
  Status check();

  Result<std::optional<Bytes>> find(PartId id) override;
  Result<std::vector<Part>> list(PartKind kind) override;
  Result<std::uint64_t> count(PartKind kind) override;
  Status put(PartId id, ByteView body) override;
  Status remove(PartId id) override;

 private:
  // Prepared once; reset after every use.
  struct Statements {
    sqlite::Statement begin, begin_writing, commit, rollback, find, list, count, put, remove;
  };

  explicit VaultDatabase(sqlite::Connection connection) : connection_(std::move(connection)) {}
  Status prepare();
  Status check_identity();
  Status check_size(const std::filesystem::path& file);
  Result<std::int64_t> query_integer(std::string_view sql);
  Status finish(Status worked);

  sqlite::Connection connection_;
  std::optional<Statements> statements_;  // destroyed before the connection
};

}  // namespace latchkey::vault
