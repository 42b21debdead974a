#include "identity/audit_log.h"

#include <gtest/gtest.h>

#include "identity/schema.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

template <class Kind>
class AuditLog : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->db_ == nullptr) return;
    ASSERT_TRUE(sql::migrate(this->db(), schema()));
    for (int i = 0; i < 5; ++i) append(i % 2 == 0 ? Notify::owner : Notify::no);
  }
  void append(Notify notify) {
    auto work = [&](sql::Transaction& tx) {
      return append_audit(tx, {"signed in", UserId("alice"), ClientId("app"), SessionId("sid"), "detail", notify},
                          from_unix_seconds(1));
    };
    ASSERT_TRUE(this->db().write(work).get());
  }
  void tamper(std::string_view sql) {
    auto work = [&](sql::Transaction& tx) { return tx.execute(sql); };
    ASSERT_TRUE(this->db().write(work).get());
  }
  Status verify() {
    return this->db().read([](sql::Transaction& tx) { return verify_audit_log(tx); }).get();
  }
};
TYPED_TEST_SUITE(AuditLog, tests::Databases, tests::DatabaseNames);

TYPED_TEST(AuditLog, an_untouched_chain_holds) { EXPECT_TRUE(this->verify()); }

TYPED_TEST(AuditLog, a_changed_record_is_noticed) {
  this->tamper("UPDATE audit_log SET detail = 'other' WHERE number = 3");
  const auto verified = this->verify();
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().detail.find("record 3"), std::string::npos);
}

TYPED_TEST(AuditLog, text_moved_from_one_field_to_the_next_is_noticed) {
  this->tamper("UPDATE audit_log SET user_id = 'alic', client_id = 'eapp' WHERE number = 2");
  EXPECT_FALSE(this->verify());
}

TYPED_TEST(AuditLog, a_removed_record_is_noticed) {
  this->tamper("DELETE FROM audit_log WHERE number = 2");
  EXPECT_FALSE(this->verify());
}

TYPED_TEST(AuditLog, an_owner_sees_the_events_meant_for_them_newest_first) {
  auto look = [](sql::Transaction& tx) { return list_security_events(tx, UserId("alice"), 2); };
  const auto events = this->db().read(look).get();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].number, 5);
  auto others = [](sql::Transaction& tx) { return list_security_events(tx, UserId("bob"), 2); };
  EXPECT_TRUE(this->db().read(others).get()->empty());
}

}  // namespace
}  // namespace latchkey::identity
