// The data key is replaced when it has reached the age that the policy says, by whoever writes then.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/support/vault/test_vaults.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::code_of;
using testing::Device;
using testing::open_vault;
using testing::text_of;
using testing::value_of;

constexpr std::chrono::hours a_day{24};
constexpr int records_of_two_steps = 1'100;

class RotationByAge : public ::testing::Test {
 protected:
  void SetUp() override { make(90 * a_day); }
  void make(std::chrono::milliseconds age) {
    CreateOptions options = testing::with_slots({SlotKind::in_memory});
    options.policy.rotate_after = age;
    medium = make_memory_medium();
    vault = testing::make_vault(device, medium, options);
    std::vector<Change> changes;
    for (int i = 0; i < records_of_two_steps; ++i) changes.push_back({"record/" + std::to_string(i), value_of("x")});
    ASSERT_TRUE(vault->apply(changes));
  }
  void unlock_later(std::chrono::milliseconds time) {
    device.clock.advance(time);
    vault->lock();
    ASSERT_TRUE(vault->unlock({}));
  }
  std::uint32_t generation() const { return vault->status()->generation; }
  // The key before is kept in the file as long as something needs it.
  bool is_under_way() const {
    bool is_there = false;
    EXPECT_TRUE(make_memory_record_store(medium)->read([&](RecordReader& reader) -> Status {
      TRY(const auto rotation, reader.find({PartKind::rotation}));
      is_there = rotation.has_value();
      return {};
    }));
    return is_there;
  }
  bool wait_for(const std::function<bool()>& is_so) const {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!is_so() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return is_so();
  }
  void leave_one_half_done() {
    std::stop_source stop;
    ASSERT_EQ(code_of(vault->rotate([&](std::uint64_t) { stop.request_stop(); }, stop.get_token())), Code::cancelled);
    ASSERT_TRUE(is_under_way());
  }

  Device device;
  std::shared_ptr<MemoryMedium> medium;
  std::unique_ptr<Vault> vault;
};

TEST_F(RotationByAge, is_done_by_the_vault_itself_after_the_first_write) {
  unlock_later(90 * a_day - 1ms);
  ASSERT_TRUE(vault->set("record/1", value_of("early")));
  EXPECT_FALSE(vault->is_rotation_wanted());
  unlock_later(1ms);
  ASSERT_TRUE(vault->set("record/1", value_of("late")));
  EXPECT_TRUE(wait_for([&] { return generation() == 2 && !is_under_way(); }));
  EXPECT_FALSE(vault->status()->is_rotation_due);
  EXPECT_EQ(text_of(vault->get("record/1")), "late");
  EXPECT_EQ(vault->list()->size(), static_cast<std::size_t>(records_of_two_steps));
  EXPECT_TRUE(vault->verify());
}

TEST_F(RotationByAge, is_not_begun_by_who_only_reads) {
  unlock_later(90 * a_day);
  EXPECT_EQ(text_of(vault->get("record/1")), "x");
  EXPECT_FALSE(vault->is_rotation_wanted());
  EXPECT_TRUE(vault->rotate_if_wanted());
  EXPECT_EQ(generation(), 1U);
  EXPECT_TRUE(vault->status()->is_rotation_due);
}

TEST_F(RotationByAge, is_not_done_where_the_policy_says_never) {
  make(0ms);
  unlock_later(3'000 * a_day);
  ASSERT_TRUE(vault->set("record/1", value_of("late")));
  EXPECT_FALSE(vault->is_rotation_wanted());
  EXPECT_TRUE(vault->rotate_if_wanted());
  EXPECT_EQ(generation(), 1U);
}

TEST_F(RotationByAge, is_done_once_by_threads_and_processes_that_come_at_once) {
  unlock_later(90 * a_day);
  const auto other = open_vault(device, medium);
  ASSERT_TRUE(other->unlock({}));
  ASSERT_TRUE(vault->set("a", value_of("1")));
  const auto is_well_or_locked = [](const Status& done) { return done || done.error().code == Code::vault_locked; };
  EXPECT_TRUE(is_well_or_locked(other->set("b", value_of("2")))) << "who does not begin it has to unlock again";
  EXPECT_TRUE(is_well_or_locked(vault->rotate_if_wanted()));
  EXPECT_TRUE(is_well_or_locked(other->rotate_if_wanted()));
  EXPECT_TRUE(wait_for([&] { return !is_under_way(); }));
  EXPECT_EQ(generation(), 2U);
  const auto again = open_vault(device, medium);
  ASSERT_TRUE(again->unlock({}));
  EXPECT_TRUE(again->verify());
}

TEST_F(RotationByAge, carries_on_one_that_was_left_an_hour_ago) {
  leave_one_half_done();
  unlock_later(1h - 1ms);
  ASSERT_TRUE(vault->set("a", value_of("1")));
  EXPECT_FALSE(vault->is_rotation_wanted()) << "somebody may be at it";
  unlock_later(1ms);
  ASSERT_TRUE(vault->set("a", value_of("2")));
  EXPECT_TRUE(wait_for([&] { return !is_under_way(); }));
  EXPECT_EQ(generation(), 2U);
  EXPECT_TRUE(vault->verify());
}

TEST_F(RotationByAge, that_closing_interrupts_is_carried_on_by_the_next_writer) {
  unlock_later(90 * a_day);
  ASSERT_TRUE(vault->set("a", value_of("1")));
  vault.reset();
  device.clock.advance(1h);
  vault = open_vault(device, medium);
  ASSERT_TRUE(vault->unlock({}));
  ASSERT_TRUE(vault->set("a", value_of("2")));
  EXPECT_TRUE(vault->rotate_if_wanted());
  EXPECT_TRUE(wait_for([&] { return generation() == 2 && !is_under_way(); }));
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(text_of(vault->get("a")), "2");
}

TEST_F(RotationByAge, does_not_count_as_use_of_the_vault) {
  unlock_later(90 * a_day);
  ASSERT_TRUE(vault->set("a", value_of("1")));
  device.clock.advance(4min);
  static_cast<void>(vault->rotate_if_wanted());
  EXPECT_TRUE(wait_for([&] { return generation() == 2 && !is_under_way(); }));
  device.clock.advance(61s);
  EXPECT_TRUE(vault->is_locked()) << "idle since the write";
}

}  // namespace
}  // namespace latchkey::vault
