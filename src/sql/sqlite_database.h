// Database on one SQLite file: the embedded store of `latchkey serve`. Write-ahead log, synchronous=FULL; the only
// write connection belongs to one thread, which commits waiting closures in groups (each in its own SAVEPOINT) and
// answers after the COMMIT. Reads run on the calling thread, on a pool of read-only connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "sql/database.h"

namespace latchkey::sql {

struct SqliteOptions {
  std::filesystem::path file = {};                // made with mode 0600; its folder must exist, on a local disk
  std::size_t max_queued_writes = 8'192;          // beyond: Code::busy
  std::size_t max_batch = 256;                    // closures per commit
  std::size_t max_readers = 16;                   // read-only connections; beyond, a reader waits
  std::chrono::milliseconds busy_timeout{5'000};  // for a lock held by another process
  int idle_checkpoint_pages = 256;                // log pages that are copied back when no write is waiting
  int max_wal_pages = 16'384;                     // log pages (64 MiB) at which the writer stops to copy them back
};

// Fails: storage_failed, storage_corrupted, busy.
Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options);

}  // namespace latchkey::sql
