#include "sql/migrations.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "crypto/digest.h"

namespace latchkey::sql {
namespace {

using Digest = crypto::Sha256Digest;

// Lengths first, so that moving text from one statement to the next changes the digest.
Digest digest_of(const Migration& migration) {
  Bytes input;
  for (const std::string_view statement : migration.statements) {
    append_be<std::uint64_t>(input, statement.size());
    append(input, as_bytes(statement));
  }
  return crypto::sha256(input);
}

Status check_numbers(std::span<const Migration> all) {
  std::int64_t expected = 0;
  for (const Migration& migration : all) {
    if (migration.number != ++expected)
      return fail(Code::configuration_invalid, fmt::format("migration {} should be {}", migration.number, expected));
  }
  return {};
}

// Row 0 is no migration: whoever updates it holds back the others until the end of the transaction.
Status make_table(Transaction& transaction) {
  TRY_DO(
      transaction.execute("CREATE TABLE IF NOT EXISTS schema_migrations "
                          "(number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, digest BYTEA NOT NULL)"));
  TRY_DO(
      transaction.execute("INSERT INTO schema_migrations (number, name, digest) VALUES (0, 'lock', $1) "
                          "ON CONFLICT (number) DO NOTHING",
                          ByteView()));
  return {};
}

Status lock(Transaction& transaction) {
  TRY_DO(transaction.execute("UPDATE schema_migrations SET name = 'lock' WHERE number = 0"));
  return {};
}

// How many of `all` the database has, after checking that those are the same.
Result<std::size_t> count_applied(Transaction& transaction, std::span<const Migration> all) {
  TRY(const auto rows,
      transaction.query("SELECT number, digest FROM schema_migrations WHERE number > 0 ORDER BY number"));
  std::size_t applied = 0;
  for (const Row row : rows) {
    TRY(const auto number, row.get<std::int64_t>(0));
    TRY(const auto digest, row.get<Digest>(1));
    if (std::cmp_greater(number, all.size()))
      return fail(Code::future_version,
                  fmt::format("the database is at schema {}, this program knows {}", number, all.size()));
    if (std::cmp_not_equal(number, applied + 1))
      return fail(Code::storage_corrupted, fmt::format("schema migration {} is missing", applied + 1));
    if (digest != digest_of(all[applied]))
      return fail(Code::storage_corrupted, fmt::format("schema migration {} differs from the one applied", number));
    ++applied;
  }
  return applied;
}

Status apply(Transaction& transaction, const Migration& migration) {
  for (const std::string_view statement : migration.statements) TRY_DO(transaction.execute(statement));
  TRY_DO(transaction.execute("INSERT INTO schema_migrations (number, name, digest) VALUES ($1, $2, $3)",
                             migration.number, migration.name, digest_of(migration)));
  return {};
}

// True: one migration was applied, there may be more.
Result<bool> apply_next(Transaction& transaction, std::span<const Migration> all) {
  TRY_DO(lock(transaction));
  TRY(const std::size_t applied, count_applied(transaction, all));
  if (applied == all.size()) return false;
  TRY_DO(apply(transaction, all[applied]));
  return true;
}

// PostgreSQL looks for the table and then makes it: two processes at the same moment show as an error for one of them,
// and then the table is there.
Status make_table_patiently(Database& database) {
  constexpr int attempts = 3;
  Status made = database.write(make_table).get();
  for (int attempt = 1; attempt < attempts && !made; ++attempt) made = database.write(make_table).get();
  return made;
}

}  // namespace

Status migrate(Database& database, std::span<const Migration> all) {
  TRY_DO(check_numbers(all));
  TRY_DO(make_table_patiently(database));
  const auto next = [all](Transaction& transaction) { return apply_next(transaction, all); };
  for (;;) {
    TRY(const bool is_applied, database.write(next).get());
    if (!is_applied) return {};
  }
}

}  // namespace latchkey::sql
