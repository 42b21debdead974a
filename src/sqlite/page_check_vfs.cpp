#include "sqlite/page_check_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#include "sqlite/errors.h"
#include "sqlite/log_check.h"
#include "sqlite/log_locks.h"
#include "sqlite/log_writes.h"

namespace latchkey::sqlite {
namespace {

constexpr int min_page_size = 512;
constexpr int max_page_size = 65536;
constexpr sqlite3_int64 lock_byte = 0x40000000;  // the page that holds it is never written (SQLite file format, 1.3)
constexpr std::size_t reserved_bytes_at = 20;    // in the database's header: bytes reserved in each page

enum class Role { database, log };

// What SQLite allocates for one open file; the file of the layer below lies right behind it.
struct CheckedFile {
  sqlite3_file base;
  Role role;
  PageDigest digest;
  std::unique_ptr<Bytes> page;               // of a database: the page being written, with its digest
  std::unique_ptr<LogWrites> writes;         // of a log
  CheckedFile* other = nullptr;              // of a log: its database; of a database: its log, while one is open
  const volatile void* log_index = nullptr;  // of a database: the front of its log's index, while it is mapped
  std::optional<CommitMark> last_write = std::nullopt;  // of a database: from when its write lock was given back
  LogLocks locks{};                                     // of a database
};
static_assert(sizeof(CheckedFile) % alignof(std::max_align_t) == 0 || sizeof(CheckedFile) % 8 == 0);

CheckedFile& checked(sqlite3_file* file) { return *reinterpret_cast<CheckedFile*>(file); }
sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(&checked(file) + 1); }
sqlite3_vfs& below(sqlite3_vfs* vfs) { return *static_cast<sqlite3_vfs*>(vfs->pAppData); }

// What waits to be written to a log goes before anything else is done with it.
int flush(CheckedFile& file) { return file.writes ? file.writes->flush(below(&file.base)) : SQLITE_OK; }

bool is_page(int size, sqlite3_int64 offset) {
  return size >= min_page_size && size <= max_page_size && std::has_single_bit(static_cast<unsigned>(size)) &&
         offset % size == 0;
}

ByteArray<page_digest_size> digest_of(const CheckedFile& file, ByteView page, sqlite3_int64 offset) {
  const auto number = static_cast<std::uint32_t>(offset / static_cast<sqlite3_int64>(page.size())) + 1;
  return file.digest(number, page.first(page.size() - page_digest_size));
}

bool reserves_digests(ByteView page, sqlite3_int64 offset) {
  return offset != 0 || page[reserved_bytes_at] == page_digest_size;
}

ReadLog reader_of(sqlite3_file* log) {
  return [log](std::uint64_t offset, MutableBytes into) {
    return log->pMethods->xRead(log, into.data(), static_cast<int>(into.size()), static_cast<sqlite3_int64>(offset)) ==
           SQLITE_OK;
  };
}

// A page that ends before its end is damage, except of a file that is still empty.
int check_short_page(sqlite3_file* real) {
  sqlite3_int64 size = 0;
  const int result = real->pMethods->xFileSize(real, &size);
  if (result != SQLITE_OK) return result;
  return size == 0 ? SQLITE_IOERR_SHORT_READ : SQLITE_IOERR_DATA;
}

int read_database(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  sqlite3_file* const real = below(file);
  const int result = real->pMethods->xRead(real, into, size, offset);
  if (!is_page(size, offset)) return result;
  if (result == SQLITE_IOERR_SHORT_READ) return check_short_page(real);
  if (result != SQLITE_OK) return result;
  const ByteView page(static_cast<const std::uint8_t*>(into), static_cast<std::size_t>(size));
  const bool is_intact = reserves_digests(page, offset) &&
                         std::ranges::equal(digest_of(checked(file), page, offset), page.last(page_digest_size));
  return is_intact ? SQLITE_OK : SQLITE_IOERR_DATA;
}

// SQLite reads the log's header when it recovers the log, under the lock for it, and whole frames to add them up
// itself; a page alone is read to be used or to be copied into the database.
int read_log(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  sqlite3_file* const real = below(file);
  const int result = real->pMethods->xRead(real, into, size, offset);
  if (result != SQLITE_OK) return result;
  if (offset == 0) {
    sqlite3_int64 log_size = 0;
    const int measured = real->pMethods->xFileSize(real, &log_size);
    if (measured != SQLITE_OK) return measured;
    const bool is_sound = examine_log(reader_of(real), static_cast<std::uint64_t>(log_size)) == LogState::sound;
    return is_sound ? SQLITE_OK : SQLITE_IOERR_DATA;
  }
  if (!is_page(size, 0)) return SQLITE_OK;
  const ByteView page(static_cast<const std::uint8_t*>(into), static_cast<std::size_t>(size));
  return is_frame_intact(reader_of(real), static_cast<std::uint64_t>(offset), page) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

int read_file(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) noexcept try {
  const int flushed = flush(checked(file));
  if (flushed != SQLITE_OK) return flushed;
  return checked(file).role == Role::log ? read_log(file, into, size, offset) : read_database(file, into, size, offset);
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int write_page(sqlite3_file* file, ByteView page, sqlite3_int64 offset) {
  if (!reserves_digests(page, offset)) return SQLITE_IOERR_WRITE;  // the digest would overwrite what the page holds
  Bytes& signed_page = *checked(file).page;
  signed_page.assign(page.begin(), page.end());
  std::ranges::copy(digest_of(checked(file), page, offset), signed_page.end() - page_digest_size);
  sqlite3_file* const real = below(file);
  return real->pMethods->xWrite(real, signed_page.data(), static_cast<int>(signed_page.size()), offset);
}

// A log that begins anew over an old one.
int retire_log(sqlite3_file* real) {
  sqlite3_int64 size = 0;
  const int result = real->pMethods->xFileSize(real, &size);
  if (result != SQLITE_OK || size <= static_cast<sqlite3_int64>(log_header_size)) return result;
  const ByteView mark = retired_mark();
  return real->pMethods->xWrite(real, mark.data(), static_cast<int>(mark.size()), retired_mark_offset);
}

int write_log(sqlite3_file* file, ByteView bytes, sqlite3_int64 offset) {
  LogWrites& writes = *checked(file).writes;
  sqlite3_file* const real = below(file);
  const auto size = static_cast<int>(bytes.size());
  if (offset != 0 && (bytes.size() == frame_header_size || is_page(size, 0)))
    return writes.write(real, bytes, static_cast<std::uint64_t>(offset));
  int result = writes.flush(real);
  if (result == SQLITE_OK && offset == 0) result = retire_log(real);
  return result == SQLITE_OK ? real->pMethods->xWrite(real, bytes.data(), size, offset) : result;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) noexcept try {
  const ByteView bytes(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size));
  if (checked(file).role == Role::log) return write_log(file, bytes, offset);
  if (is_page(size, offset)) return write_page(file, bytes, offset);
  return below(file)->pMethods->xWrite(below(file), from, size, offset);
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

// Cut to nothing: what it held is in the database, and its bytes go from the disk first. The mark is durable before
// anything behind it changes, and the zeroes before the blocks are given back.
int erase_log(sqlite3_file* real) {
  constexpr int sync_flags = SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY;
  sqlite3_int64 size = 0;
  int result = real->pMethods->xFileSize(real, &size);
  if (result == SQLITE_OK && size == 0) return SQLITE_OK;
  if (result == SQLITE_OK) result = retire_log(real);
  if (result == SQLITE_OK) result = real->pMethods->xSync(real, sync_flags);
  const Bytes zeroes(max_page_size);
  auto at = static_cast<sqlite3_int64>(retired_mark_offset + retired_mark().size());
  for (; result == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(zeroes.size())) {
    const auto count = std::min(static_cast<sqlite3_int64>(zeroes.size()), size - at);
    result = real->pMethods->xWrite(real, zeroes.data(), static_cast<int>(count), at);
  }
  return result == SQLITE_OK ? real->pMethods->xSync(real, sync_flags) : result;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) noexcept try {
  sqlite3_file* const real = below(file);
  int result = flush(checked(file));
  if (result == SQLITE_OK && checked(file).role == Role::log && size == 0) result = erase_log(real);
  return result == SQLITE_OK ? real->pMethods->xTruncate(real, size) : result;
} catch (const std::bad_alloc&) {
  return SQLITE_IOERR_NOMEM;
}

int close_file(sqlite3_file* file) {
  CheckedFile& closing = checked(file);
  if (closing.other != nullptr) closing.other->other = nullptr;
  const int result = below(file)->pMethods->xClose(below(file));
  closing.page.reset();
  closing.writes.reset();  // what waits in it was not committed
  return result;
}

// A commit writes the second copy, then the first: two that are equal are whole.
std::optional<CommitMark> read_mark(const CheckedFile& database) {
  if (database.log_index == nullptr) return std::nullopt;
  const auto* const words = static_cast<const volatile std::uint32_t*>(database.log_index);
  using Words = std::array<std::uint32_t, sizeof(CommitMark) / sizeof(std::uint32_t)>;
  const auto take = [](const volatile std::uint32_t* from) {
    Words taken;
    for (std::size_t i = 0; i < taken.size(); ++i) taken[i] = __atomic_load_n(from + i, __ATOMIC_ACQUIRE);
    return taken;
  };
  const Words first = take(words);
  if (first != take(words + first.size())) return std::nullopt;
  const auto mark = std::bit_cast<CommitMark>(first);
  constexpr std::size_t is_written_at = 12;
  return mark[is_written_at] != 0 ? std::optional(mark) : std::nullopt;
}

// The write lock goes: what was not committed by now never will be.
void note_end_of_writing(CheckedFile& database) {
  database.last_write = read_mark(database);
  if (database.other != nullptr) database.other->writes->drop();
}

int lock_shared_memory(sqlite3_file* file, int first, int count, int flags) {
  CheckedFile& database = checked(file);
  if (first <= log_write_lock && (flags & SQLITE_SHM_UNLOCK) != 0) note_end_of_writing(database);
  return database.locks.lock(below(file), first, count, flags);
}

int map_shared_memory(sqlite3_file* file, int region, int size, int is_extended, void volatile** out) {
  const int result = below(file)->pMethods->xShmMap(below(file), region, size, is_extended, out);
  if (result == SQLITE_OK && region == 0) checked(file).log_index = *out;
  return result;
}
int unmap_shared_memory(sqlite3_file* file, int is_deleted) {
  checked(file).log_index = nullptr;
  return below(file)->pMethods->xShmUnmap(below(file), is_deleted);
}

// Everything else is the layer below's.
template <auto method, class... Arguments>
int pass_on(sqlite3_file* file, Arguments... arguments) {
  const int flushed = flush(checked(file));
  if (flushed != SQLITE_OK) return flushed;
  sqlite3_file* const real = below(file);
  return (real->pMethods->*method)(real, arguments...);
}
void pass_barrier(sqlite3_file* file) { below(file)->pMethods->xShmBarrier(below(file)); }

using Methods = sqlite3_io_methods;
constexpr Methods methods = {
    .iVersion = 2,  // without xFetch: a page in mapped memory could not be compared
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = pass_on<&Methods::xSync, int>,
    .xFileSize = pass_on<&Methods::xFileSize, sqlite3_int64*>,
    .xLock = pass_on<&Methods::xLock, int>,
    .xUnlock = pass_on<&Methods::xUnlock, int>,
    .xCheckReservedLock = pass_on<&Methods::xCheckReservedLock, int*>,
    .xFileControl = pass_on<&Methods::xFileControl, int, void*>,
    .xSectorSize = pass_on<&Methods::xSectorSize>,
    .xDeviceCharacteristics = pass_on<&Methods::xDeviceCharacteristics>,
    .xShmMap = map_shared_memory,
    .xShmLock = lock_shared_memory,
    .xShmBarrier = pass_barrier,
    .xShmUnmap = unmap_shared_memory,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

PageDigest installed_digest = nullptr;  // set once, before the shim has a name

// `name` is the one SQLite passes for the log: the database's can be told from it.
void join(CheckedFile& log, const char* name) {
  sqlite3_file* const database = sqlite3_database_file_object(name);
  if (database == nullptr || database->pMethods != &methods) return;
  log.other = &checked(database);
  log.other->other = &log;
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) noexcept try {
  sqlite3_vfs& real_vfs = below(vfs);
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
    return real_vfs.xOpen(&real_vfs, name, file, flags, out_flags);  // journals and temporary files, as they are
  const Role role = (flags & SQLITE_OPEN_WAL) != 0 ? Role::log : Role::database;
  file->pMethods = nullptr;
  std::memset(static_cast<void*>(below(file)), 0, static_cast<std::size_t>(real_vfs.szOsFile));
  auto page = std::make_unique<Bytes>();
  auto writes = role == Role::log ? std::make_unique<LogWrites>() : nullptr;
  const int result = real_vfs.xOpen(&real_vfs, name, below(file), flags, out_flags);
  if (result != SQLITE_OK) return result;
  auto* const opened = new (file) CheckedFile{{&methods}, role, installed_digest, std::move(page), std::move(writes)};
  if (role == Role::log) join(*opened, name);
  return SQLITE_OK;
} catch (const std::bad_alloc&) {
  return SQLITE_NOMEM;
}

Status register_shim(PageDigest digest) {
  static sqlite3_vfs shim;
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  if (real == nullptr) return fail(Code::internal, "SQLite has no file layer");
  shim = *real;  // its functions look for data of their own in pAppData, so each call is handed down
  shim.szOsFile = static_cast<int>(sizeof(CheckedFile)) + real->szOsFile;
  shim.zName = page_check_vfs_name;
  shim.pAppData = real;
  shim.pNext = nullptr;
  shim.xOpen = open_file;
  shim.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
    return below(vfs).xDelete(&below(vfs), name, sync);
  };
  shim.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* answer) {
    return below(vfs).xAccess(&below(vfs), name, flags, answer);
  };
  shim.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
    return below(vfs).xFullPathname(&below(vfs), name, size, out);
  };
  shim.xRandomness = [](sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs).xRandomness(&below(vfs), size, out);
  };
  shim.xSleep = [](sqlite3_vfs* vfs, int microseconds) { return below(vfs).xSleep(&below(vfs), microseconds); };
  shim.xCurrentTime = [](sqlite3_vfs* vfs, double* now) { return below(vfs).xCurrentTime(&below(vfs), now); };
  shim.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* now) {
    return below(vfs).xCurrentTimeInt64(&below(vfs), now);
  };
  shim.xGetLastError = [](sqlite3_vfs* vfs, int size, char* out) {
    return below(vfs).xGetLastError(&below(vfs), size, out);
  };
  shim.xDlOpen = nullptr;  // extensions are off
  installed_digest = digest;
  if (sqlite3_vfs_register(&shim, 0) != SQLITE_OK) return fail(Code::internal, "SQLite refused the file layer");
  return {};
}

}  // namespace

Status install_page_check_vfs(PageDigest digest) {
  static std::mutex installing;
  const std::lock_guard hold(installing);
  if (installed_digest == digest) return {};
  if (installed_digest != nullptr) return fail(Code::internal, "another page digest is installed");
  return register_shim(digest);
}

Status reserve_page_digests(sqlite3* database) {
  int bytes = static_cast<int>(page_digest_size);
  const int result = sqlite3_file_control(database, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
  if (result != SQLITE_OK) return fail_with(result, "reserving bytes in pages");
  return {};
}

sqlite3_file* find_checked_file(sqlite3* database) {
  sqlite3_file* file = nullptr;
  const int result = sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  return result == SQLITE_OK && file != nullptr && file->pMethods == &methods ? file : nullptr;
}

std::optional<CommitMark> read_commit_mark(sqlite3_file* file) { return read_mark(checked(file)); }
std::optional<CommitMark> mark_of_last_write_of(sqlite3_file* file) { return checked(file).last_write; }

// Without a mark the log's index is not there yet, or somebody has to repair it.
bool hold_write_lock(sqlite3_file* file) {
  CheckedFile& database = checked(file);
  if (!read_mark(database) || !database.locks.hold(below(file))) return false;
  if (read_mark(database)) return true;
  database.locks.give_back(below(file));
  return false;
}

void give_back_write_lock(sqlite3_file* file) {
  CheckedFile& database = checked(file);
  if (!database.locks.is_held()) return;
  note_end_of_writing(database);
  database.locks.give_back(below(file));
}

Status check_all_pages(sqlite3* database) {
  sqlite3_file* const file = find_checked_file(database);
  if (file == nullptr) return fail(Code::internal, "the database's pages carry no digests");
  sqlite3_int64 size = 0;
  int result = file->pMethods->xFileSize(file, &size);
  ByteArray<24> header{};
  if (result == SQLITE_OK) result = file->pMethods->xRead(file, header.data(), header.size(), 0);
  if (result != SQLITE_OK) return fail_with(result, "reading the database's header");
  const int stored_size = read_be<std::uint16_t>(ByteView(header).subspan(16));
  const int page_size = stored_size == 1 ? max_page_size : stored_size;  // 65536 does not fit
  if (!is_page(page_size, 0) || size % page_size != 0) return fail(Code::storage_corrupted, "the database's size");
  Bytes page(static_cast<std::size_t>(page_size));
  for (sqlite3_int64 at = 0; at < size; at += page_size) {
    if (at <= lock_byte && lock_byte < at + page_size) continue;
    result = file->pMethods->xRead(file, page.data(), page_size, at);
    if (result != SQLITE_OK) return fail_with(result, "checking the database's pages");
  }
  return {};
}

}  // namespace latchkey::sqlite
