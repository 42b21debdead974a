// What a database of an earlier version becomes, on both databases.
#include "release/schema.h"

#include <gtest/gtest.h>

#include "protocol/release/policy.h"
#include "release/catalog/releases.h"
#include "tests/support/databases.h"

namespace latchkey::release {
namespace {

template <class Kind>
class ReleaseSchema : public tests::DatabaseTest<Kind> {};

// One of the first version's columns: the later ones have their defaults.
Status insert_release_of_before(sql::Database& db, std::uint8_t number) {
  auto work = [number](sql::Transaction& tx) -> Status {
    TRY_DO(
        tx.execute("INSERT INTO release_releases (app, channel, id, sequence, name, root, published_at, bps, halted, "
                   "paused, reason, activated, devices, failed, not_installed) "
                   "VALUES ('org.app', 'stable', $1, $2, '1.0', $3, 0, 10000, 0, 0, '', 10, 7, 2, 0)",
                   ByteArray<16>{number}, std::int64_t{number}, ByteArray<32>{number}));
    return {};
  };
  return db.write(work).get();
}

TYPED_TEST_SUITE(ReleaseSchema, tests::Databases, tests::DatabaseNames);

TYPED_TEST(ReleaseSchema, devices_that_worked_before_there_was_evidence_are_those_it_is_held_against) {
  ASSERT_TRUE(sql::migrate(this->db(), "release", schema().first(1)));
  auto publish = [](sql::Transaction& tx) -> Status {
    TRY_DO(
        tx.execute("INSERT INTO release_releases (app, channel, id, sequence, name, root, published_at, bps, halted, "
                   "paused, reason, activated, devices, failed, not_installed) "
                   "VALUES ('org.app', 'stable', $1, 1, '1.0', $1, 0, 10000, 0, 0, '', 1003, 1000, 7, 0)",
                   ByteArray<16>{1}));
    return {};
  };
  ASSERT_TRUE(this->db().write(publish).get());
  ASSERT_TRUE(migrate(this->db()));
  auto look = [](sql::Transaction& tx) {
    return tx.query("SELECT evidence_devices, evidence_failed, evidence_networks FROM release_releases");
  };
  const auto rows = this->db().read(look).get();
  ASSERT_TRUE(rows);
  ASSERT_FALSE(rows->is_empty());
  EXPECT_EQ((*rows)[0].template get<std::int64_t>(0), 993);
  EXPECT_EQ((*rows)[0].template get<std::int64_t>(1), 0);
  EXPECT_EQ((*rows)[0].template get<std::int64_t>(2), 0);
}

TYPED_TEST(ReleaseSchema, releases_of_each_version_before_stay_as_they_were) {
  for (std::uint8_t version = 1; version < schema().size(); ++version) {
    ASSERT_TRUE(sql::migrate(this->db(), "release", schema().first(version)));
    ASSERT_TRUE(insert_release_of_before(this->db(), version));
  }
  ASSERT_TRUE(migrate(this->db()));
  auto list = [](sql::Transaction& tx) { return list_releases(tx, "org.app", "stable", 10); };
  const auto found = this->db().read(list).get();
  ASSERT_TRUE(found) << to_string(found.error());
  ASSERT_EQ(found->size(), schema().size() - 1);
  for (std::size_t i = 0; i < found->size(); ++i) {
    const StoredRelease& one = (*found)[i];
    EXPECT_EQ(one.sequence, found->size() - i) << "newest first";
    EXPECT_EQ(one.root_version, 0);
    EXPECT_EQ(one.outcomes.failed, 2U);
    EXPECT_TRUE(one.is_watched);
  }
}

}  // namespace
}  // namespace latchkey::release
