// A fresh database of each kind for tests that must hold on both:
//   TYPED_TEST_SUITE(RefreshFamily, tests::Databases);   with a fixture derived from tests::DatabaseTest<TypeParam>
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "sql/postgres_database.h"
#include "sql/sqlite_database.h"
#include "tests/support/postgres.h"

namespace latchkey::tests {

struct OnSqlite {
  static constexpr const char* name = "sqlite";
  OnSqlite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-sql-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~OnSqlite() { std::filesystem::remove_all(folder); }
  OnSqlite(const OnSqlite&) = delete;
  OnSqlite& operator=(const OnSqlite&) = delete;

  std::filesystem::path file() const { return folder / "test.db"; }
  Result<std::unique_ptr<sql::Database>> open() const { return sql::open_sqlite({.file = file()}); }

  std::string missing;  // never
  std::filesystem::path folder;
};

struct OnPostgres {
  static constexpr const char* name = "postgres";
  OnPostgres() {
    const PostgresOffer offer = offer_postgres();
    missing = offer.missing;
    connection = offer.connection;
  }
  Result<std::unique_ptr<sql::Database>> open() const {
    return sql::open_postgres({.connection = sql::ConnectionString::copy_of(connection), .connections = 4});
  }

  std::string missing;  // why there is no server here
  std::string connection;
};

// SQLite; PostgreSQL when LATCHKEY_TEST_DATABASE=postgres, to run a whole suite there.
struct Chosen {
  Chosen() {
    const char* name = std::getenv("LATCHKEY_TEST_DATABASE");  // NOLINT(concurrency-mt-unsafe)
    if (name != nullptr && std::string_view(name) == OnPostgres::name)
      postgres.emplace();
    else
      sqlite.emplace();
  }
  Result<std::unique_ptr<sql::Database>> open() const { return postgres ? postgres->open() : sqlite->open(); }

  std::optional<OnSqlite> sqlite;
  std::optional<OnPostgres> postgres;
};

using Databases = ::testing::Types<OnSqlite, OnPostgres>;

struct DatabaseNames {
  template <class Kind>
  static std::string GetName(int) {
    return Kind::name;
  }
};

template <class Kind>
class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kind_.missing.empty()) GTEST_SKIP() << kind_.missing;
    reopen();
  }
  // As a restart of the program would.
  void reopen() {
    db_.reset();
    auto opened = kind_.open();
    ASSERT_TRUE(opened) << to_string(opened.error());
    db_ = *std::move(opened);
  }
  sql::Database& db() { return *db_; }

  Kind kind_;  // outlives the database
  std::unique_ptr<sql::Database> db_;
};

}  // namespace latchkey::tests
