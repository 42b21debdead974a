#include "identity/signals/status_index.h"

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using tests::start;
using namespace std::chrono_literals;

template <class Kind>
class StatusIndexes : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (this->IsSkipped()) return;
    ASSERT_TRUE(tests::prepare(this->db()));
  }
  template <class Closure>
  auto write(Closure closure) {
    return this->db().write(closure).get();
  }
  std::int64_t take(Instant family_ends = start + 24h) {
    return write([&](sql::Transaction& tx) { return take_status_index(tx, family_ends); }).value();
  }
  // As if so many families had been born since.
  void fill(std::int64_t used) {
    auto work = [&](sql::Transaction& tx) { return tx.execute("UPDATE status_lists SET used = $1", used); };
    ASSERT_TRUE(write(work));
  }
  void drop(Instant now) {
    ASSERT_TRUE(write([&](sql::Transaction& tx) { return drop_old_statuses(tx, now); }));
  }
  bool is_ended(std::int64_t index) {
    auto look = [&](sql::Transaction& tx) { return find_status_list(tx, index / statuses_in_a_list); };
    const auto list = this->db().read(look).get();
    return list && *list && (*list)->is_set(index % statuses_in_a_list).value();
  }
  std::vector<std::int64_t> lists() {
    return this->db().read([](sql::Transaction& tx) { return list_status_lists(tx); }).get().value();
  }
};
TYPED_TEST_SUITE(StatusIndexes, tests::Databases, tests::DatabaseNames);

TYPED_TEST(StatusIndexes, row_65_no_index_is_given_twice) {
  std::set<std::int64_t> taken;
  for (int i = 0; i < 20; ++i) taken.insert(this->take());
  this->fill(statuses_in_a_list - 2);  // over the end of a list
  for (int i = 0; i < 5; ++i) taken.insert(this->take());
  EXPECT_EQ(taken.size(), 25U);
  EXPECT_EQ(*taken.rbegin(), statuses_in_a_list + 2);
  EXPECT_EQ(this->lists(), (std::vector<std::int64_t>{0, 1}));

  this->drop(start + 24h * 365);  // nor when everything of before is forgotten
  EXPECT_EQ(this->lists(), std::vector<std::int64_t>{1});
  EXPECT_TRUE(taken.insert(this->take()).second);
  this->reopen();
  EXPECT_TRUE(taken.insert(this->take()).second);
}

TYPED_TEST(StatusIndexes, an_end_that_is_rolled_back_sets_no_bit) {
  const std::int64_t index = this->take();
  auto fails = [&](sql::Transaction& tx) -> Status {
    TRY_DO(publish_end(tx, index, start));
    return fail(Code::cancelled);
  };
  ASSERT_FALSE(this->write(fails));
  EXPECT_FALSE(this->is_ended(index));
}

TYPED_TEST(StatusIndexes, a_bit_outlives_every_access_token_of_the_family) {
  const std::int64_t index = this->take(), other = this->take();
  for (int times = 0; times < 2; ++times)
    ASSERT_TRUE(this->write([&](sql::Transaction& tx) { return publish_end(tx, index, start); }));
  this->drop(start + 23h);
  EXPECT_TRUE(this->is_ended(index));
  EXPECT_FALSE(this->is_ended(other));
  this->drop(start + 24h);
  EXPECT_FALSE(this->is_ended(index));
}

TYPED_TEST(StatusIndexes, families_born_at_once_get_their_own) {
  std::vector<std::future<std::int64_t>> takes;
  for (int i = 0; i < 8; ++i) takes.push_back(std::async(std::launch::async, [this] { return this->take(); }));
  std::set<std::int64_t> taken;
  for (auto& each : takes) taken.insert(each.get());
  EXPECT_EQ(taken.size(), 8U);
}

}  // namespace
}  // namespace latchkey::identity
