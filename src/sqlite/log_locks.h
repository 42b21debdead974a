// The locks of the write-ahead log's index as one connection takes them. A transaction that is begun to write takes the
// lock for writing first, and while it holds that needs none for reading: nobody else can add to the log or begin it
// anew, and whoever copies it into the database copies what the transaction reads from the log. So a commit asks the
// kernel twice about locks where SQLite asks six times. Source: SQLite, WAL-mode file format, 2.2 and 2.3.
#pragma once

struct sqlite3_file;

namespace latchkey::sqlite {

inline constexpr int log_write_lock = 0;
inline constexpr int first_log_read_lock = 3;  // of five; the first one is of readers that need no log
inline constexpr int log_read_locks = 5;

// `below` is always the file of the layer below; answers are SQLite's result codes. Not thread-safe.
class LogLocks final {
 public:
  // Around a BEGIN IMMEDIATE, and nothing else.
  void begin_to_write(bool is_on);
  // As xShmLock.
  int lock(sqlite3_file* below, int first, int count, int flags);

 private:
  enum class WriteLock { as_asked, taken_early, in_use, given_back };  // the last three: we hold it

  int lock_for_reading(sqlite3_file* below, int which, int flags);
  int lock_for_writing(sqlite3_file* below, int flags);
  int release(sqlite3_file* below);

  bool is_beginning_ = false;
  int refusals_ = 0;  // of locks to set a reader's mark, which a writer does not need
  WriteLock write_lock_ = WriteLock::as_asked;
  int stands_for_ = -1;  // the lock for reading that SQLite believes to have
};

}  // namespace latchkey::sqlite
