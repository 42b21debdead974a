// Database on PostgreSQL (13 or newer, or anything that speaks its protocol): for more than one server process.
// Closures run on the threads of a connection pool; writes are SERIALIZABLE and repeated when the server says so, reads
// are REPEATABLE READ, READ ONLY. A lost connection is opened again; a commit whose outcome the loss hides is answered
// with storage_failed and never repeated.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "sql/database.h"

namespace latchkey::sql {

// "host=... dbname=... user=... password=..." or a postgresql:// URI, as libpq takes it; never printed.
using ConnectionString = Secret<struct ConnectionStringTag>;

struct PostgresOptions {
  ConnectionString connection = {};
  std::size_t connections = 8;     // each with a thread
  std::size_t max_queued = 8'192;  // beyond: Code::busy
  std::size_t max_attempts = 24;   // runs of one closure under serialisation failures; then Code::busy
};

// Opens the first connection, so that a wrong configuration shows at once. Fails: configuration_invalid,
// storage_failed.
Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options);

}  // namespace latchkey::sql
