// Pages that carry a digest: every page of a database file ends in 16 reserved bytes over the rest of it and its
// number, set when the page is written and compared whenever it is read. Pages in the write-ahead log are compared with
// the log's own checksums, which SQLite itself does only when it recovers; and a log whose middle is damaged is refused
// instead of cut; a log that is truncated is overwritten with zeroes first. What does not compare is SQLITE_IOERR_DATA:
// storage_corrupted.
//
// The digest finds damage, in bytes without meaning too; it has no key, so it stops nobody who means to alter a page.
// It sits between SQLite and its own file layer (a VFS shim); pages in SQLite's cache keep old digests, nobody reads
// them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_file;

namespace latchkey::sqlite {

inline constexpr std::size_t page_digest_size = 16;

// From a page's number and its bytes before the digest. Thread-safe, and the same function in the whole process.
using PageDigest = ByteArray<page_digest_size> (*)(std::uint32_t page, ByteView body);

// Names the shim to SQLite, once per process. Fails: internal (another digest is installed; SQLite refused).
Status install_page_check_vfs(PageDigest digest);
inline constexpr const char* page_check_vfs_name = "latchkey-page-check";

// Reserves the bytes in a database that is still empty. Fails: storage_failed.
Status reserve_page_digests(sqlite3* database);

// The database's file, for the functions below; lives as long as the connection. Null: not one of the shim's.
sqlite3_file* find_checked_file(sqlite3* database);

// What the log's index in shared memory says of the last commit of any process, without a lock and without a call to
// the kernel. A commit that was acknowledged before is in it; equal marks of one connection: nothing was committed in
// between. None: there is no index yet, or one is being written. Source: SQLite, WAL-mode file format, 2.1 (both copies
// of the header).
using CommitMark = ByteArray<48>;
std::optional<CommitMark> read_commit_mark(sqlite3_file* file);
// The same, as it was when this connection last held the lock under which commits are made.
std::optional<CommitMark> mark_of_last_write_of(sqlite3_file* file);

// Takes the lock for writing before the transaction that will write (log_locks.h): from now on the commit mark stays as
// it is. False: others hold it, or it cannot be taken so; the transaction asks for it itself.
bool hold_write_lock(sqlite3_file* file);
// When that is over; of a lock that a transaction took and gave back, nothing.
void give_back_write_lock(sqlite3_file* file);

// Reads every page of the database file, in use or not, past SQLite's cache. To be called in a transaction that keeps
// the file as it is, the log empty. Fails: storage_corrupted (a page, or a size that is not that of its pages),
// storage_failed.
Status check_all_pages(sqlite3* database);

}  // namespace latchkey::sqlite
