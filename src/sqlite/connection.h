// One SQLite connection. Owns the handle and nothing else: no schema, no threads, no queue. Not thread-safe
// (SQLITE_OPEN_NOMUTEX): one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "sqlite/page_check_vfs.h"
#include "sqlite/statement.h"

struct sqlite3;

namespace latchkey::sqlite {

enum class Access { read_only, read_write, create };

struct OpenOptions {
  Access access = Access::create;
  std::chrono::milliseconds busy_timeout{5'000};  // how long a lock of another connection is waited for
  // Pages carry digests (page_check_vfs.h): a new file gets them, one without them is storage_corrupted. Every change
  // of a transaction then stays in memory until it commits.
  PageDigest page_digest = nullptr;
};

class Connection final {
 public:
  // Opens the file; `create` makes it if it is missing, with mode 0600 (its -wal and -shm files get the same), and
  // tightens a wider mode. Always on: extended error codes, foreign_keys, cell_size_check, defensive mode; always off:
  // trusted_schema, double-quoted strings, load_extension. Fails: storage_failed (missing, not permitted),
  // storage_corrupted (not a database), busy.
  static Result<Connection> open(const std::filesystem::path& file, const OpenOptions& options = {});

  // Exactly one statement; more text behind it is refused. Keep it and use it again: preparing costs 10-50 us, a step
  // of a point query 2-5. Fails: internal (wrong SQL), and as step().
  Result<Statement> prepare(std::string_view sql);

  // Runs all statements in `sql`; rows are dropped. For pragmas, BEGIN and COMMIT. Fails as Statement::step().
  Status exec(std::string_view sql);

  // How many rows the last INSERT, UPDATE or DELETE changed, and all of them since the connection was opened.
  std::int64_t changes() const;
  std::int64_t total_changes() const;
  // Between BEGIN and COMMIT or ROLLBACK. Some failures (storage_full, storage_failed) roll back by themselves.
  bool is_in_transaction() const;
  // Foreign keys declared DEFERRED are violated at this moment: COMMIT would fail.
  bool has_deferred_violations() const;

  void set_busy_timeout(std::chrono::milliseconds busy_timeout);

  // How many pages the write-ahead log holds after this connection's last commit. Counted only after the first call of
  // count_wal_pages(), which also switches automatic checkpoints off.
  void count_wal_pages();
  int wal_pages() const { return *wal_pages_; }
  // `passive` copies what it can and waits for nobody; `restart` waits (busy_timeout), and the next write begins at the
  // front of the log, which keeps its size; `truncate` waits too and cuts the log to zero bytes.
  enum class Checkpoint { passive, restart, truncate };
  Status checkpoint(Checkpoint how);
  // What the last commit of any process was; see read_commit_mark(). None without a page_digest, too.
  std::optional<CommitMark> commit_mark() const;
  // What it was when this connection last gave back the lock for writing: of its own commit, if that was one.
  std::optional<CommitMark> mark_of_last_write() const;
  // The lock for writing before the transaction that will write, which is cheaper and lets its statements be prepared
  // from what cannot change any more: see sqlite::hold_write_lock(). Always false without a page_digest.
  bool hold_write_lock();
  void give_back_write_lock();
  // Reads every page of the file and compares it with its digest; see check_all_pages(). Only with a page_digest.
  Status check_pages();

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  Status harden(const OpenOptions& options);

  std::unique_ptr<int> wal_pages_ = std::make_unique<int>(0);  // written by SQLite's hook, so it must not move
  std::unique_ptr<sqlite3, Closer> handle_;
  sqlite3_file* checked_file_ = nullptr;  // of the handle, with a page_digest
};

}  // namespace latchkey::sqlite
