// The vault file's tables, as a RecordWriter over one SQLite connection.
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

  Result<std::optional<Bytes>> find_part(PartId id) override;
  Result<std::vector<Part>> list_parts(PartKind kind) override;
  Result<std::optional<SealedRecord>> find_record(const NameIndex& index) override;
  Status visit_records(const std::function<Result<Walk>(const SealedRecord&)>& visit) override;
  Status put_part(PartId id, ByteView body) override;
  Status remove_part(PartId id) override;
  Status put_record(const SealedRecord& record) override;
  Status remove_record(const NameIndex& index) override;

 private:
  explicit VaultDatabase(sqlite::Connection connection) : connection_(std::move(connection)) {}
  Status check_identity();
  Status check_size(const std::filesystem::path& file);
  Result<std::int64_t> query_integer(std::string_view sql);
  Status run(std::string_view sql, const std::function<Status(sqlite::Statement&)>& bind);
  Status finish(Status worked);

  sqlite::Connection connection_;
};

}  // namespace latchkey::vault
