// What a database of an earlier version becomes, on both databases.
#include "release/schema.h"

#include <gtest/gtest.h>

#include "protocol/release/policy.h"
#include "tests/support/databases.h"

namespace latchkey::release {
namespace {

template <class Kind>
class ReleaseSchema : public tests::DatabaseTest<Kind> {};

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

}  // namespace
}  // namespace latchkey::release
