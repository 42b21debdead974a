// Writes to the write-ahead log that lie one behind the other, joined: SQLite writes each page of a transaction and the
// header before it on its own. Bytes wait in memory until the transaction's last page is there, and no longer: nobody
// reads a frame of a transaction that is not committed, and SQLite tells of a commit after that write.
//
// A log that grows does so ahead of what is written, with zeroes: syncing a write that makes its file longer costs the
// file system a commit of its own journal, two to ten times the sync itself. Zeroes are no frame: a log ends before
// them (SQLite file format, 4.2).
#pragma once

#include "base/bytes.h"

struct sqlite3_file;

namespace latchkey::sqlite {

// Of one open log; `log` is always its file of the layer below. Answers are SQLite's result codes. Not thread-safe.
class LogWrites final {
 public:
  // A frame's header or a page, in the order of the log. What a failure concerned is forgotten, as it is written by
  // nobody but the transaction that fails with it.
  int write(sqlite3_file* log, ByteView bytes, std::uint64_t offset);
  // Before anything else is done with the file.
  int flush(sqlite3_file* log);
  // The transaction ends without a commit. Another one may write in this place from now on.
  void drop() { waiting_.clear(); }

 private:
  void make_room(sqlite3_file* log);

  Bytes waiting_;
  std::uint64_t at_ = 0;
  std::uint64_t room_ = 0;     // the file was that long; somebody may have cut it since
  bool is_last_page_ = false;  // the header that came last says that its page ends the transaction
};

}  // namespace latchkey::sqlite
