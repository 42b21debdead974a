#include "sqlite/connection.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace latchkey::sqlite {
namespace {

class SqliteConnection : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "latchkey-sqlite-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ / "test.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Connection open() {
    auto opened = Connection::open(file_);
    EXPECT_TRUE(opened) << to_string(opened.error());
    return *std::move(opened);
  }
  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat found = {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777U : 0;
  }
  static Code code_of_exec(Connection& connection, std::string_view sql) {
    const Status status = connection.exec(sql);
    return status ? Code{} : status.error().code;
  }
  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(SqliteConnection, gives_the_database_and_its_log_to_the_owner_alone) {
  const mode_t old = ::umask(0);
  Connection connection = open();
  ASSERT_TRUE(connection.exec("PRAGMA journal_mode = WAL; CREATE TABLE t(a)"));
  ::umask(old);
  EXPECT_EQ(mode_of(file_), 0600U);
  EXPECT_EQ(mode_of(folder_ / "test.db-wal"), 0600U);
  EXPECT_EQ(mode_of(folder_ / "test.db-shm"), 0600U);
}

TEST_F(SqliteConnection, tightens_a_file_that_others_could_read) {
  std::ofstream(file_).close();
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  open();
  EXPECT_EQ(mode_of(file_), 0600U);
}

TEST_F(SqliteConnection, does_not_make_a_file_unless_asked) {
  EXPECT_EQ(Connection::open(file_, {.access = Access::read_write}).error().code, Code::storage_failed);
  EXPECT_EQ(Connection::open(file_, {.access = Access::read_only}).error().code, Code::storage_failed);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(SqliteConnection, says_that_a_file_is_no_database) {
  std::ofstream(file_) << std::string(4096, 'x');
  EXPECT_EQ(Connection::open(file_).error().code, Code::storage_corrupted);
}

TEST_F(SqliteConnection, finds_a_damaged_page) {
  ASSERT_TRUE(open().exec("CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(100000))"));
  std::fstream damage(file_, std::ios::in | std::ios::out | std::ios::binary);
  damage.seekp(4096);
  damage << std::string(4096, '\xff');
  damage.close();
  Connection connection = open();
  EXPECT_EQ(code_of_exec(connection, "SELECT sum(length(a)) FROM t"), Code::storage_corrupted);
}

TEST_F(SqliteConnection, binds_placeholders_by_their_number_not_by_their_order) {
  Connection connection = open();
  ASSERT_TRUE(connection.exec("CREATE TABLE t(a, b)"));
  Statement insert = connection.prepare("INSERT INTO t(b, a) VALUES ($2, $1)").value();
  ASSERT_EQ(insert.parameter_count(), 2);
  ASSERT_TRUE(insert.bind(1, std::int64_t{10}));
  ASSERT_TRUE(insert.bind(2, std::string_view("twenty")));
  ASSERT_TRUE(insert.run());
  Statement select = connection.prepare("SELECT a, b FROM t").value();
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.integer(0), 10);
  EXPECT_EQ(select.text(1), "twenty");
  EXPECT_FALSE(select.step().value());
}

TEST_F(SqliteConnection, tells_empty_from_null) {
  Connection connection = open();
  Statement select = connection.prepare("SELECT $1, $2, $3").value();
  ASSERT_TRUE(select.bind(1, std::string_view()));
  ASSERT_TRUE(select.bind(2, ByteView()));
  ASSERT_TRUE(select.bind(3, nullptr));
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.column_type(0), Type::text);
  EXPECT_EQ(select.column_type(1), Type::blob);
  EXPECT_EQ(select.column_type(2), Type::null);
}

TEST_F(SqliteConnection, refuses_a_placeholder_that_is_not_there) {
  Connection connection = open();
  Statement select = connection.prepare("SELECT $2").value();
  EXPECT_EQ(select.bind(1, std::int64_t{1}).error().code, Code::invalid_argument);
  EXPECT_EQ(select.bind(3, std::int64_t{1}).error().code, Code::invalid_argument);
  EXPECT_EQ(select.bind(0, std::int64_t{1}).error().code, Code::invalid_argument);
}

TEST_F(SqliteConnection, forgets_bindings_on_reset) {
  Connection connection = open();
  Statement select = connection.prepare("SELECT $1").value();
  ASSERT_TRUE(select.bind(1, std::int64_t{1}));
  ASSERT_TRUE(select.run());
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.column_type(0), Type::null);
}

TEST_F(SqliteConnection, prepares_one_statement_only) {
  Connection connection = open();
  EXPECT_TRUE(connection.prepare("SELECT 1; "));
  EXPECT_EQ(connection.prepare("SELECT 1; SELECT 2").error().code, Code::internal);
  EXPECT_EQ(connection.prepare("").error().code, Code::internal);
  EXPECT_EQ(connection.prepare("SELEKT").error().code, Code::internal);
  EXPECT_EQ(connection.prepare("SELECT \"no_such_column\"").error().code, Code::internal);
}

TEST_F(SqliteConnection, names_failures_by_what_to_do) {
  Connection connection = open();
  ASSERT_TRUE(
      connection.exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT NOT NULL UNIQUE); INSERT INTO t VALUES(1, 'x')"));
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO t VALUES(1, 'y')"), Code::conflict);
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO t VALUES(2, 'x')"), Code::conflict);
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO t VALUES(2, NULL)"), Code::conflict);
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO nowhere VALUES(1)"), Code::internal);
  ASSERT_TRUE(connection.exec("PRAGMA max_page_count = 4"));
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO t VALUES(3, printf('%0*d', 50000, 1))"), Code::storage_full);
}

TEST_F(SqliteConnection, says_busy_when_another_holds_the_lock) {
  Connection holder = open();
  ASSERT_TRUE(holder.exec("CREATE TABLE t(a); BEGIN IMMEDIATE"));
  auto other = Connection::open(file_, {.access = Access::read_write, .busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(other);
  EXPECT_EQ(code_of_exec(*other, "BEGIN IMMEDIATE"), Code::busy);
}

TEST_F(SqliteConnection, never_quotes_a_row_in_an_error) {
  Connection connection = open();
  ASSERT_TRUE(connection.exec("CREATE TABLE people(mail TEXT UNIQUE); INSERT INTO people VALUES('ann@example.org')"));
  const Status refused = connection.exec("INSERT INTO people VALUES('ann@example.org')");
  EXPECT_EQ(to_string(refused.error()).find("ann"), std::string::npos);
}

TEST_F(SqliteConnection, enforces_foreign_keys_and_sees_deferred_violations) {
  Connection connection = open();
  ASSERT_TRUE(
      connection.exec("CREATE TABLE parent(a INTEGER PRIMARY KEY);"
                      "CREATE TABLE child(a INTEGER REFERENCES parent(a));"
                      "CREATE TABLE later(a INTEGER REFERENCES parent(a) DEFERRABLE INITIALLY DEFERRED)"));
  EXPECT_EQ(code_of_exec(connection, "INSERT INTO child VALUES(1)"), Code::conflict);
  ASSERT_TRUE(connection.exec("BEGIN; INSERT INTO later VALUES(1)"));
  EXPECT_TRUE(connection.has_deferred_violations());
  ASSERT_TRUE(connection.exec("INSERT INTO parent VALUES(1)"));
  EXPECT_FALSE(connection.has_deferred_violations());
  EXPECT_TRUE(connection.is_in_transaction());
  ASSERT_TRUE(connection.exec("COMMIT"));
  EXPECT_FALSE(connection.is_in_transaction());
}

TEST_F(SqliteConnection, counts_the_pages_of_the_log_and_cuts_it) {
  Connection connection = open();
  ASSERT_TRUE(connection.exec("PRAGMA journal_mode = WAL"));
  connection.count_wal_pages();
  ASSERT_TRUE(connection.exec("CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(100000))"));
  EXPECT_GT(connection.wal_pages(), 20);
  ASSERT_TRUE(connection.checkpoint(Connection::Checkpoint::truncate));
  EXPECT_EQ(connection.wal_pages(), 0);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "test.db-wal"), 0U);
}

TEST_F(SqliteConnection, says_which_statements_write) {
  Connection connection = open();
  ASSERT_TRUE(connection.exec("CREATE TABLE t(a)"));
  EXPECT_TRUE(connection.prepare("SELECT a FROM t")->is_read_only());
  EXPECT_FALSE(connection.prepare("DELETE FROM t")->is_read_only());
  EXPECT_FALSE(connection.prepare("CREATE TABLE u(a)")->is_read_only());
}

}  // namespace
}  // namespace latchkey::sqlite
