#include "identity/accounts/password_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "identity/schema.h"
#include "sql/migrations.h"
#include "tests/support/databases.h"
#include "tests/support/password_hash.h"

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
  // As a program that is not ours could.
  void store_unchecked(std::string_view name, std::string_view text) {
    store(name, tests::some_password_hash);
    auto work = [&](sql::Transaction& tx) {
      return tx.execute("UPDATE passwords SET phc = $2 WHERE user_id = (SELECT id FROM accounts WHERE login_name = $1)",
                        name, text);
    };
    ASSERT_EQ(*this->db().write(work).get(), 1);
  }
  Error refusal(std::string_view text) {
    auto work = [&](sql::Transaction& tx) { return change_password(tx, UserId("x"), text, Instant()); };
    return this->db().write(work).get().error();
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
  this->store_unchecked("a", "x");
  this->store_unchecked("b", std::string(100, 'x'));
  this->store_unchecked("c", "$argon2id$v=19$m=1048576,t=16,p=1" + this->phc({8, 1}).substr(26));
  EXPECT_TRUE(this->find(8).empty());
}

TYPED_TEST(HashWorks, what_cannot_be_checked_or_costs_too_much_is_not_stored) {
  const std::string tail = this->phc({8, 1}).substr(26);
  for (const std::string pepper : {"", "pepper=1"}) {
    const Error dear = this->refusal(pepper + "$argon2id$v=19$m=1048576,t=3,p=1" + tail);
    EXPECT_EQ(dear.code, Code::invalid_argument);
    EXPECT_EQ(dear.detail, "the hash costs more than 64 MiB, or than 256 MiB times passes");
    EXPECT_EQ(this->refusal(pepper + "$2b$12$aaaaaaaaaaaaaaaaaaaaaaaaaaaaa").detail, "not an Argon2id hash");
  }
  EXPECT_EQ(this->refusal("a password").code, Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::identity
