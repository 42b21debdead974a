// The locks of the write-ahead log's index as one connection takes them. Who is going to write may take the lock for
// writing before the transaction begins, and while it holds that needs none for reading: nobody else can add to the log
// or begin it anew, and whoever copies it into the database copies what the transaction reads from the log. So a commit
// asks the kernel twice about locks where SQLite asks six times, and what is to be written may be made before SQLite is
// asked at all. Source: SQLite, WAL-mode file format, 2.2 and 2.3.
#pragma once

struct sqlite3_file;

namespace latchkey::sqlite {

inline constexpr int log_write_lock = 0;
inline constexpr int first_log_read_lock = 3;  // of five; the first one is of readers that need no log
inline constexpr int log_read_locks = 5;

// `below` is always the file of the layer below; answers are SQLite's result codes. Not thread-safe.
class LogLocks final {
 public:
  // Takes the lock for writing, for the next transaction, which gives it back. Outside a transaction. False: others
  // have it; SQLite may be left to wait for it.
  bool hold(sqlite3_file* below);
  // Whether hold() took it and no transaction has it yet.
  bool is_held() const { return write_lock_ == WriteLock::held; }
  // No transaction will take it.
  void give_back(sqlite3_file* below);
  // As xShmLock.
  int lock(sqlite3_file* below, int first, int count, int flags);

 private:
  // All but the first: we have it. `recovering`: SQLite borrows it before a transaction, to repair the index.
  enum class WriteLock { as_asked, held, recovering, in_use, given_back };

  int lock_for_reading(sqlite3_file* below, int which, int flags);
  int lock_for_writing(sqlite3_file* below, int flags);
  int release(sqlite3_file* below);

  int refusals_ = 0;  // of locks to set a reader's mark, which a writer does not need
  WriteLock write_lock_ = WriteLock::as_asked;
  int stands_for_ = -1;  // the lock for reading that SQLite believes to have
};

}  // namespace latchkey::sqlite
