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
bool LogLocks::hold(sqlite3_file* below) {
  if (write_lock_ != WriteLock::as_asked || ask(below, log_write_lock, lock_exclusive) != SQLITE_OK) return false;
  write_lock_ = WriteLock::held;
  refusals_ = log_read_locks - 1;
  return true;
}

void LogLocks::give_back(sqlite3_file* below) {
  if (is_held()) release(below);
}

int LogLocks::lock(sqlite3_file* below, int first, int count, int flags) {
  if (count == 1 && first == log_write_lock) return lock_for_writing(below, flags);
  if (count == 1 && is_for_reading(first)) return lock_for_reading(below, first, flags);
  return below->pMethods->xShmLock(below, first, count, flags);
}

int LogLocks::lock_for_reading(sqlite3_file* below, int which, int flags) {
  if (is_held() && flags == lock_exclusive && refusals_ > 0) return --refusals_, SQLITE_BUSY;
  if (is_held() && flags == lock_shared && stands_for_ == none) {
    stands_for_ = which;
    return SQLITE_OK;
  }
  if (flags != unlock_shared || which != stands_for_) return ask(below, which, flags);
  stands_for_ = none;
  return write_lock_ == WriteLock::given_back ? release(below) : SQLITE_OK;
}

// A transaction reads before it writes, so without a reader's lock it is not the transaction that asks. Given back by
// SQLite it is kept as long as it stands for another, which SQLite gives back next.
int LogLocks::lock_for_writing(sqlite3_file* below, int flags) {
  if (flags == lock_exclusive && (is_held() || write_lock_ == WriteLock::given_back)) {
    write_lock_ = stands_for_ == none ? WriteLock::recovering : WriteLock::in_use;
    return SQLITE_OK;
  }
  if (flags == unlock_exclusive && write_lock_ == WriteLock::recovering) {
    write_lock_ = WriteLock::held;
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
