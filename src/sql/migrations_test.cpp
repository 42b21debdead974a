#include "sql/migrations.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/databases.h"

namespace latchkey::sql {
namespace {

const Migration first{1,
                      "people",
                      {"CREATE TABLE people (id BIGINT NOT NULL PRIMARY KEY, name TEXT) WITHOUT ROWID",
                       "CREATE INDEX people_by_name ON people (name)"}};
const Migration second{2, "mail", {"ALTER TABLE people ADD COLUMN mail TEXT", "UPDATE people SET mail = name"}};
const Migration broken{2, "broken", {"ALTER TABLE people ADD COLUMN mail TEXT", "CREATE TABLE people (id BIGINT)"}};

template <class Kind>
class Migrations : public tests::DatabaseTest<Kind> {
 protected:
  Status bring_to(std::vector<Migration> all) { return migrate(this->db(), all); }
  Code code_of(std::vector<Migration> all) {
    const Status done = bring_to(std::move(all));
    return done ? Code{} : done.error().code;
  }
  template <class... Values>
  bool works(std::string_view sql, const Values&... values) {
    return this->db().write([&](Transaction& tx) { return tx.execute(sql, values...); }).get().has_value();
  }
};
TYPED_TEST_SUITE(Migrations, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Migrations, are_applied_in_order_and_once) {
  ASSERT_TRUE(this->bring_to({first}));
  ASSERT_TRUE(this->works("INSERT INTO people (id, name) VALUES (1, 'ann')"));
  ASSERT_TRUE(this->bring_to({first, second}));
  this->reopen();
  ASSERT_TRUE(this->bring_to({first, second}));
  EXPECT_TRUE(this->works("UPDATE people SET mail = $1 WHERE mail = name", "ann@example.org"));
}

TYPED_TEST(Migrations, of_an_empty_list_are_fine) { EXPECT_TRUE(this->bring_to({})); }

TYPED_TEST(Migrations, refuse_a_database_from_a_newer_program) {
  ASSERT_TRUE(this->bring_to({first, second}));
  EXPECT_EQ(this->code_of({first}), Code::future_version);
  EXPECT_EQ(this->code_of({}), Code::future_version);
}

TYPED_TEST(Migrations, refuse_gaps_in_the_list) {
  EXPECT_EQ(this->code_of({second}), Code::configuration_invalid);
  EXPECT_EQ(this->code_of({first, first}), Code::configuration_invalid);
  EXPECT_EQ(this->code_of({first, {3, "three", {}}}), Code::configuration_invalid);
  EXPECT_TRUE(this->works("CREATE TABLE people (id BIGINT)"));
}

TYPED_TEST(Migrations, refuse_gaps_in_the_database) {
  ASSERT_TRUE(this->bring_to({first, second}));
  ASSERT_TRUE(this->works("DELETE FROM schema_migrations WHERE number = 1"));
  EXPECT_EQ(this->code_of({first, second}), Code::storage_corrupted);
}

TYPED_TEST(Migrations, refuse_a_text_that_was_changed_after_it_was_applied) {
  ASSERT_TRUE(this->bring_to({first}));
  Migration changed = first;
  changed.statements[1] = "CREATE INDEX people_by_name ON people (id)";
  EXPECT_EQ(this->code_of({changed}), Code::storage_corrupted);
  Migration shorter = first;
  shorter.statements.pop_back();
  EXPECT_EQ(this->code_of({shorter}), Code::storage_corrupted);
  EXPECT_TRUE(this->bring_to({first}));
}

TYPED_TEST(Migrations, leave_nothing_of_one_that_fails) {
  EXPECT_EQ(this->code_of({first, broken}), Code::internal);
  EXPECT_TRUE(this->bring_to({first, second}));
}

TYPED_TEST(Migrations, may_be_run_by_several_processes_at_once) {
  std::vector<std::thread> processes;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      const auto other = this->kind_.open();
      const std::vector<Migration> all{first, second};
      ASSERT_TRUE(other) << to_string(other.error());
      const Status migrated = migrate(**other, all);
      EXPECT_TRUE(migrated) << to_string(migrated.error());
      if (migrated) ++done;
    });
  }
  for (auto& process : processes) process.join();
  EXPECT_EQ(done, 4);
}

}  // namespace
}  // namespace latchkey::sql
