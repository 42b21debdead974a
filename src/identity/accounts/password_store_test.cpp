#include "identity/accounts/password_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "identity/schema.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"

namespace latchkey::identity {
namespace {

template <class Kind>
struct HashWorks : tests::DatabaseTest<Kind> {
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (!this->IsSkipped()) ASSERT_TRUE(sql::migrate(this->db(), schema()));
  }
  void store(std::string_view name, std::string_view text) {
    auto work = [&](sql::Transaction& tx) -> Status {
      TRY(const Account account, create_account(tx, name, Role::user, Instant()));
      return change_password(tx, account.id, text, Instant());
    };
    ASSERT_TRUE(this->db().write(work).get());
  }
  static std::string phc(crypto::Argon2Cost cost) { return crypto::hash_password(as_bytes("a"), cost)->print(); }
  std::vector<crypto::HashWork> find(std::size_t limit) {
    return *this->db().read([limit](sql::Transaction& tx) { return find_hash_works(tx, limit); }).get();
  }
};
TYPED_TEST_SUITE(HashWorks, tests::Databases, tests::DatabaseNames);

TYPED_TEST(HashWorks, each_cost_is_found_whatever_pepper_is_over_it) {
  EXPECT_TRUE(this->find(8).empty());
  this->store("a", this->phc({8, 1}));
  this->store("b", this->phc({8, 1}));
  this->store("c", "pepper=1" + this->phc({8, 1}));
  this->store("d", "pepper=12" + this->phc({16, 2}));
  const auto found = this->find(8);
  EXPECT_EQ(std::ranges::count(found, crypto::HashWork{{8, 1}}), 2);
  EXPECT_EQ(std::ranges::count(found, crypto::HashWork{{16, 2}}), 1);
  EXPECT_EQ(found.size(), 3U);
  EXPECT_EQ(this->find(1).size(), 1U);
}

TYPED_TEST(HashWorks, what_is_not_of_our_sizes_is_left_out) {
  this->store("a", "x");
  this->store("b", std::string(100, 'x'));
  EXPECT_TRUE(this->find(8).empty());
}

}  // namespace
}  // namespace latchkey::identity
