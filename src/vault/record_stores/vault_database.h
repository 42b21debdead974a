// The vault file's one table, as a RecordWriter over one SQLite connection. The file is in WAL mode: a commit is one
// burst of writes to the log and one fdatasync. Its pages carry digests (sqlite/page_check_vfs.h).
#pragma once

#include <filesystem>

#include "crypto/random.h"
#include "sqlite/connection.h"
#include "vault/record_stores/sqlite_record_store.h"

namespace latchkey::vault {

// What a page of the vault file ends in: the first half of SHA-256 over the rest of the page, its last four bytes XORed
// with the page's number, so that no page can take the place of another.
ByteArray<sqlite::page_digest_size> digest_page(std::uint32_t page, ByteView body);

// Not thread-safe. Every failure comes in the vault's words: vault_corrupted, temporarily_unavailable, storage_failed,
// storage_full.
class VaultDatabase final : public RecordWriter {
 public:
  // Makes a new file with what `work` writes: one file, synced, no log beside it. What is left of it after a failure is
  // the caller's to remove.
  static Status create(const std::filesystem::path& file, const SqliteRecordStoreOptions& options,
                       const WriteWork& work);
  // Takes the vault file as it is, only if it has exactly our table. Fails also: future_version.
  static Result<std::unique_ptr<VaultDatabase>> open(const std::filesystem::path& file,
                                                     const SqliteRecordStoreOptions& options);

  Status read(const ReadWork& work);
  Status write(const WriteWork& work);
  // What was removed or replaced goes from the log, and the log's bytes from the disk.
  Status scrub();
  // Waits for no other process: what somebody reads or writes stays.
  Status scrub_at_once();
  // Every page of the file, the structure of the table, the size.
  Status check();

  // What the last write() left, whoever has written since. Outside read() and write().
  std::optional<StoreVersion> written_version() const;

  std::optional<StoreVersion> version() override;
  Result<std::optional<Bytes>> find(PartId id) override;
  Result<bool> look_at(PartId id, const Look& look) override;
  Result<std::vector<Part>> list(PartKind kind) override;
  Result<std::uint64_t> count(PartKind kind) override;
  Status put(PartId id, ByteView body) override;
  Status remove(PartId id) override;

 private:
  // Prepared when it is first used, then kept.
  struct Prepared {
    std::string_view sql;
    std::optional<sqlite::Statement> statement = std::nullopt;
  };

  // A statement in use; reset when it goes, for one that stands on a row holds the whole snapshot.
  struct Reset {
    void operator()(sqlite::Statement* statement) const { statement->reset(); }
  };
  using InUse = std::unique_ptr<sqlite::Statement, Reset>;

  VaultDatabase(sqlite::Connection connection, std::filesystem::path file, std::chrono::milliseconds busy_timeout)
      : connection_(std::move(connection)), file_(std::move(file)), busy_timeout_(busy_timeout) {}
  Status make_table(int page_size);
  Status check_identity();
  Status check_size();
  Status check_quiet_file();
  bool has_log() const;
  Result<std::int64_t> query_integer(std::string_view sql);
  Result<InUse> get(Prepared& prepared);
  Status run(Prepared& prepared);
  Status hold_snapshot();
  Status begin();
  Status write_at_once();
  Status put_now(PartId id, ByteView body);
  std::optional<StoreVersion> current_version() const;
  std::optional<StoreVersion> version_of(const std::optional<sqlite::CommitMark>& mark) const;
  Result<InUse> find_row(Prepared& prepared, PartId id);
  Status commit(Status worked);

  sqlite::Connection connection_;
  std::filesystem::path file_;
  std::chrono::milliseconds busy_timeout_;
  const ByteArray<16> opening_ = crypto::random_array<16>();
  std::optional<StoreVersion> before_;  // in a read(): from before its snapshot; in a write(): from its beginning
  bool is_in_snapshot_ = false;         // a transaction has begun, or the first row found keeps one open
  bool may_wait_ = false;               // in a write(): the lock is held, and no transaction has begun
  struct Waiting {
    PartId id;
    Bytes body;
  };
  std::vector<Waiting> waiting_;  // what write() puts; at most two, for put_two_
  Prepared begin_{"BEGIN"};
  Prepared begin_writing_{"BEGIN IMMEDIATE"};
  Prepared commit_{"COMMIT"};
  Prepared rollback_{"ROLLBACK"};
  Prepared find_first_{"SELECT body FROM parts WHERE id=$1"};
  Prepared find_{"SELECT body FROM parts WHERE id=$1"};
  Prepared list_{"SELECT id,body FROM parts WHERE id BETWEEN $1 AND $2 ORDER BY id"};
  Prepared count_{"SELECT count(*) FROM parts WHERE id BETWEEN $1 AND $2"};
  Prepared put_{"REPLACE INTO parts(id,body) VALUES($1,$2)"};
  Prepared put_two_{"REPLACE INTO parts(id,body) VALUES($1,$2),($3,$4)"};
  Prepared remove_{"DELETE FROM parts WHERE id=$1"};
  InUse first_found_;  // destroyed before its statement
};

}  // namespace latchkey::vault
