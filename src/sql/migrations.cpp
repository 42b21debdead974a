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
Status make_table(Transaction& transaction, const std::string& table) {
  TRY_DO(transaction.execute("CREATE TABLE IF NOT EXISTS " + table +
                             " (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, digest BYTEA NOT NULL)"));
  TRY_DO(transaction.execute(
      "INSERT INTO " + table + " (number, name, digest) VALUES (0, 'lock', $1) ON CONFLICT (number) DO NOTHING",
      ByteView()));
  return {};
}

Status lock(Transaction& transaction, const std::string& table) {
  TRY_DO(transaction.execute("UPDATE " + table + " SET name = 'lock' WHERE number = 0"));
  return {};
}

// How many of `all` the database has, after checking that those are the same.
Result<std::size_t> count_applied(Transaction& transaction, const std::string& table, std::span<const Migration> all) {
  TRY(const auto rows, transaction.query("SELECT number, digest FROM " + table + " WHERE number > 0 ORDER BY number"));
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

Status apply(Transaction& transaction, const std::string& table, const Migration& migration) {
  for (const std::string_view statement : migration.statements) TRY_DO(transaction.execute(statement));
  TRY_DO(transaction.execute("INSERT INTO " + table + " (number, name, digest) VALUES ($1, $2, $3)", migration.number,
                             migration.name, digest_of(migration)));
  return {};
}

// True: one migration was applied, there may be more.
Result<bool> apply_next(Transaction& transaction, const std::string& table, std::span<const Migration> all) {
  TRY_DO(lock(transaction, table));
  TRY(const std::size_t applied, count_applied(transaction, table, all));
  if (applied == all.size()) return false;
  TRY_DO(apply(transaction, table, all[applied]));
  return true;
}

// PostgreSQL looks for the table and then makes it: two processes at the same moment show as an error for one of them,
// and then the table is there.
Status make_table_patiently(Database& database, const std::string& table) {
  constexpr int attempts = 3;
  const auto make = [&table](Transaction& transaction) { return make_table(transaction, table); };
  Status made = database.write(make).get();
  for (int attempt = 1; attempt < attempts && !made; ++attempt) made = database.write(make).get();
  return made;
}

}  // namespace

Status migrate(Database& database, std::span<const Migration> all) { return migrate(database, "schema", all); }

Status migrate(Database& database, std::string_view series, std::span<const Migration> all) {
  const std::string table = std::string(series) + "_migrations";
  TRY_DO(check_numbers(all));
  TRY_DO(make_table_patiently(database, table));
  const auto next = [&table, all](Transaction& transaction) { return apply_next(transaction, table, all); };
  for (;;) {
    TRY(const bool is_applied, database.write(next).get());
    if (!is_applied) return {};
  }
}

}  // namespace latchkey::sql
