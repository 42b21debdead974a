// Brings a database to the schema the program knows. Migrations are numbered once for both databases: 1, 2, 3, ...
// Services that share a database have a series each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/database.h"

namespace latchkey::sql {

struct Migration {
  std::int64_t number;                       // 1, 2, 3, ... without gaps
  std::string_view name;                     // "refresh families"; for people
  std::vector<std::string_view> statements;  // one statement each, in the shared dialect (sql/transaction.h)
};

// Applies what is missing, each migration in one transaction together with its row in schema_migrations (number, name,
// SHA-256 of its statements). Blocks. Several processes may do it at once. A released migration never changes: add one.
// Fails: future_version (the database has migrations this program does not know), configuration_invalid (`all` is not
// numbered 1..n), storage_corrupted (an applied migration is missing or its text differs), and as Database::write.
Status migrate(Database& database, std::span<const Migration> all);

// The same for another series of numbers, kept in the table `<series>_migrations`. `series` is a literal of the
// program, lower-case letters; "schema" is the one above.
Status migrate(Database& database, std::string_view series, std::span<const Migration> all);

}  // namespace latchkey::sql
