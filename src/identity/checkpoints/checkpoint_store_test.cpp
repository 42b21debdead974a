#include "identity/checkpoints/checkpoint_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/databases.h"
#include "tests/support/families.h"

namespace latchkey::identity {
namespace {

using tests::start;
using namespace std::chrono_literals;
using enum CheckpointOutcome;
namespace limits = protocol::limits;

template <class Kind>
class Checkpoints : public tests::DatabaseTest<Kind> {
 protected:
  void SetUp() override {
    tests::DatabaseTest<Kind>::SetUp();
    if (!this->IsSkipped()) owner_.user = *tests::prepare(this->db());
  }
  static protocol::CheckpointVaultId vault(std::uint8_t number) { return {number}; }

  CheckpointChange make(std::uint8_t number, std::int64_t counter, Instant at = start) {
    auto work = [&](sql::Transaction& tx) { return make_checkpoint(tx, owner_, vault(number), counter, at); };
    return *this->db().write(work).get();
  }
  CheckpointChange move(std::uint8_t number, std::int64_t counter, Instant at = start) {
    auto work = [&](sql::Transaction& tx) { return move_checkpoint(tx, owner_, vault(number), counter, at); };
    return *this->db().write(work).get();
  }
  CheckpointChange drop(std::uint8_t number, Instant at = start) {
    auto work = [&](sql::Transaction& tx) { return drop_checkpoint(tx, owner_, vault(number), at); };
    return *this->db().write(work).get();
  }
  std::optional<std::int64_t> find(std::uint8_t number) {
    auto look = [&](sql::Transaction& tx) { return find_checkpoint(tx, owner_, vault(number)); };
    return *this->db().read(look).get();
  }

  CheckpointOwner owner_{UserId(), ClientId("app")};
};
TYPED_TEST_SUITE(Checkpoints, tests::Databases, tests::DatabaseNames);

TYPED_TEST(Checkpoints, a_counter_only_grows) {
  EXPECT_EQ(this->find(1), std::nullopt);
  EXPECT_EQ(this->move(1, 5).outcome, missing) << "a checkpoint that was forgotten is not made anew by a device's step";
  EXPECT_EQ(this->make(1, 5).outcome, stored);
  EXPECT_EQ(this->make(1, 9).outcome, already_there);
  for (const std::int64_t counter : {1, 4, 5}) {
    const auto refused = this->move(1, counter);
    EXPECT_EQ(refused.outcome, not_above);
    EXPECT_EQ(refused.counter, 5);
  }
  EXPECT_EQ(this->move(1, 6).outcome, stored);
  EXPECT_EQ(this->move(1, limits::checkpoint_counter).outcome, stored);
  EXPECT_EQ(this->find(1), limits::checkpoint_counter);
  this->reopen();
  EXPECT_EQ(this->find(1), limits::checkpoint_counter);
}

TYPED_TEST(Checkpoints, are_one_users_and_one_apps_own) {
  ASSERT_EQ(this->make(1, 5).outcome, stored);
  const CheckpointOwner mine = this->owner_;
  this->owner_ = {mine.user, ClientId("other-app")};
  EXPECT_EQ(this->find(1), std::nullopt);
  EXPECT_EQ(this->move(1, 9).outcome, missing);
  EXPECT_EQ(this->drop(1).outcome, stored);
  this->owner_ = {UserId("somebody-else"), mine.client};
  EXPECT_EQ(this->find(1), std::nullopt);
  EXPECT_EQ(this->make(1, 7).outcome, stored) << "the same id at somebody else is another vault";
  this->owner_ = mine;
  EXPECT_EQ(this->find(1), 5);
}

TYPED_TEST(Checkpoints, one_that_was_forgotten_is_gone) {
  ASSERT_EQ(this->make(1, 5).outcome, stored);
  EXPECT_EQ(this->drop(1).outcome, stored);
  EXPECT_EQ(this->drop(1).outcome, stored) << "gone already is fine";
  EXPECT_EQ(this->find(1), std::nullopt);
}

TYPED_TEST(Checkpoints, a_full_user_makes_room_with_what_nobody_used_for_long) {
  Instant now = start;
  for (std::uint8_t i = 0; i < limits::checkpoints; ++i) ASSERT_EQ(this->make(i, 1, now += 2s).outcome, stored);
  EXPECT_EQ(this->make(200, 1, now).outcome, too_many);
  ASSERT_EQ(this->move(0, 2, now += 2s).outcome, stored);
  now = start + limits::checkpoint_idle + 4s;
  EXPECT_EQ(this->make(200, 1, now).outcome, stored);
  EXPECT_EQ(this->find(1), std::nullopt) << "the second: the first was used later";
  EXPECT_EQ(this->find(0), 2);
}

TYPED_TEST(Checkpoints, changes_have_a_rate) {
  ASSERT_EQ(this->make(1, 1).outcome, stored);
  auto move_while_stored = [&](sql::Transaction& tx) -> Result<std::int64_t> {  // one commit instead of hundreds
    for (std::int64_t counter = 1;; ++counter) {
      TRY(const auto change, move_checkpoint(tx, this->owner_, this->vault(1), counter + 1, start));
      if (change.outcome != stored) return counter;
    }
  };
  const std::int64_t counter = *this->db().write(move_while_stored).get();
  EXPECT_EQ(counter, limits::checkpoint_changes);
  const auto refused = this->move(1, counter + 1);
  EXPECT_EQ(refused.outcome, too_often);
  EXPECT_GT(refused.wait, 0ms);
  EXPECT_EQ(this->drop(1).outcome, too_often);
  EXPECT_EQ(this->find(1), counter) << "reading is not counted, and nothing was changed";
  EXPECT_EQ(this->move(1, counter + 1, start + limits::checkpoint_change_interval).outcome, stored);
}

TYPED_TEST(Checkpoints, of_many_at_once_the_highest_stays) {
  ASSERT_EQ(this->make(1, 1).outcome, stored);
  std::atomic<int> moved = 0;
  std::vector<std::thread> devices;
  for (int device = 0; device < 4; ++device)
    devices.emplace_back([&, device] {
      for (int i = 0; i < 10; ++i)
        if (this->move(1, 2 + 4 * i + device).outcome == stored) ++moved;
    });
  for (std::thread& device : devices) device.join();
  EXPECT_EQ(this->find(1), 2 + 4 * 9 + 3);
  EXPECT_GE(moved, 10);
}

}  // namespace
}  // namespace latchkey::identity
