#include "sqlite/log_locks.h"

#include <sqlite3.h>

namespace latchkey::sqlite {
namespace {

constexpr int none = -1;
constexpr int lock_shared = SQLITE_SHM_LOCK | SQLITE_SHM_SHARED;
constexpr int lock_exclusive = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
constexpr int unlock_shared = SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED;
constexpr int unlock_exclusive = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;

int ask(sqlite3_file* below, int which, int flags) { return below->pMethods->xShmLock(below, which, 1, flags); }

bool is_for_reading(int which) { return which >= first_log_read_lock && which < first_log_read_lock + log_read_locks; }

}  // namespace

// SQLite asks once for every mark that can be set. If it asks again no mark can be used as it is.
void LogLocks::begin_to_write(bool is_on) {
  is_beginning_ = is_on;
  refusals_ = is_on ? log_read_locks - 1 : 0;
}

int LogLocks::lock(sqlite3_file* below, int first, int count, int flags) {
  if (count == 1 && first == log_write_lock) return lock_for_writing(below, flags);
  if (count == 1 && is_for_reading(first)) return lock_for_reading(below, first, flags);
  return below->pMethods->xShmLock(below, first, count, flags);
}

int LogLocks::lock_for_reading(sqlite3_file* below, int which, int flags) {
  if (flags == lock_exclusive && refusals_ > 0) return --refusals_, SQLITE_BUSY;
  if (flags == unlock_shared && which == stands_for_) {
    stands_for_ = none;
    return write_lock_ == WriteLock::in_use ? SQLITE_OK : release(below);
  }
  const bool may_stand_in = is_beginning_ && flags == lock_shared && write_lock_ == WriteLock::as_asked;
  if (!may_stand_in || ask(below, log_write_lock, lock_exclusive) != SQLITE_OK) return ask(below, which, flags);
  write_lock_ = WriteLock::taken_early;
  stands_for_ = which;
  return SQLITE_OK;
}

// Given back by SQLite it is kept as long as it stands for another, which SQLite gives back next.
int LogLocks::lock_for_writing(sqlite3_file* below, int flags) {
  const bool is_ours = write_lock_ == WriteLock::taken_early || write_lock_ == WriteLock::given_back;
  if (flags == lock_exclusive && is_ours) {
    write_lock_ = WriteLock::in_use;
    return SQLITE_OK;
  }
  if (flags != unlock_exclusive || write_lock_ != WriteLock::in_use) return ask(below, log_write_lock, flags);
  if (stands_for_ == none) return release(below);
  write_lock_ = WriteLock::given_back;
  return SQLITE_OK;
}

int LogLocks::release(sqlite3_file* below) {
  write_lock_ = WriteLock::as_asked;
  return ask(below, log_write_lock, unlock_exclusive);
}

}  // namespace latchkey::sqlite
