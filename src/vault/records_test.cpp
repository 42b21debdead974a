// Records: time to live, records that ask every time, paging.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::Device;
using testing::make_vault;
using testing::open_vault;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

class Records : public ::testing::Test {
 protected:
  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  std::unique_ptr<Vault> vault = make_vault(device, medium, with_slots({SlotKind::passcode}));

  std::uint64_t count_values() {
    std::uint64_t count = 0;
    EXPECT_TRUE(make_memory_record_store(medium)->read([&](RecordReader& reader) -> Status {
      TRY(count, reader.count(PartKind::value));
      return {};
    }));
    return count;
  }
};

TEST_F(Records, that_expired_are_not_there_and_go_with_the_next_write) {
  const Instant soon = device.clock.now() + 10s;
  ASSERT_TRUE(vault->set("short", value_of("1"), RecordOptions{.expires_at = soon}).has_value());
  ASSERT_TRUE(vault->set("long", value_of("2")).has_value());
  EXPECT_EQ(vault->get_info("short")->expires_at, soon);
  device.clock.advance(9'999ms);
  EXPECT_EQ(text_of(vault->get("short")), "1");
  device.clock.advance(1ms);
  EXPECT_EQ(code_of(vault->get("short")), Code::not_found);
  EXPECT_EQ(code_of(vault->get_info("short")), Code::not_found);
  EXPECT_EQ(code_of(vault->remove("short")), Code::not_found);
  EXPECT_EQ(vault->list()->size(), 1U);
  EXPECT_EQ(count_values(), 2U);
  ASSERT_TRUE(vault->set("other", value_of("3")).has_value());
  EXPECT_EQ(count_values(), 2U);  // `long` and `other`
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(Records, that_expired_are_removed_by_purge_and_by_unlocking) {
  const Instant soon = device.clock.now() + 10s;
  std::vector<Change> changes;
  for (int i = 0; i < 600; ++i)
    changes.push_back({.name = "s/" + std::to_string(i), .value = value_of("x"), .expires_at = soon});
  ASSERT_TRUE(vault->apply(changes).has_value());
  device.clock.advance(10s);
  ASSERT_TRUE(vault->purge().has_value());
  EXPECT_EQ(count_values(), 0U);
  ASSERT_TRUE(vault->set("t", value_of("x"), RecordOptions{.expires_at = device.clock.now() + 1s}).has_value());
  vault->lock();
  device.clock.advance(1s);
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(count_values(), 0U);
}

TEST_F(Records, an_expired_record_may_be_made_again) {
  ASSERT_TRUE(vault->set("a", value_of("1"), RecordOptions{.expires_at = device.clock.now() + 1s}).has_value());
  device.clock.advance(1s);
  std::vector<Change> anew;
  anew.push_back({.name = "a", .value = value_of("2"), .expected_sequence = 0});
  ASSERT_TRUE(vault->apply(anew).has_value());
  EXPECT_EQ(text_of(vault->get("a")), "2");
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(Records, that_expire_before_1970_or_at_the_end_of_time_harm_nothing) {
  ASSERT_TRUE(vault->set("kept", value_of("1")).has_value());
  for (const Instant expiry : {Instant::min(), from_unix_millis(-1), from_unix_millis(0)}) {
    ASSERT_TRUE(vault->set("gone", value_of("2"), RecordOptions{.expires_at = expiry}).has_value());
    EXPECT_EQ(code_of(vault->get("gone")), Code::not_found);
    const auto again = open_vault(device, medium);
    ASSERT_TRUE(again->unlock(answering("correct horse")).has_value());
    EXPECT_EQ(text_of(again->get("kept")), "1");
    EXPECT_TRUE(again->verify().has_value());
  }
  ASSERT_TRUE(vault->set("always", value_of("3"), RecordOptions{.expires_at = Instant::max()}).has_value());
  EXPECT_EQ(text_of(vault->get("always")), "3");
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(Records, that_ask_every_time_take_one_authentication_each) {
  ASSERT_TRUE(vault->set("pin", value_of("1"), RecordOptions{.is_ask_every_time = true}).has_value());
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
  EXPECT_EQ(code_of(vault->use_value("pin", [](const RecordValue&) { return Status(); })),
            Code::reauthentication_required);
  EXPECT_TRUE(vault->get_info("pin")->is_ask_every_time);  // its name is no secret
  EXPECT_EQ(code_of(vault->authenticate(answering("wrong"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
  ASSERT_TRUE(vault->authenticate(answering("correct horse")).has_value());
  EXPECT_EQ(text_of(vault->get("pin")), "1");
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
}

TEST_F(Records, a_policy_may_let_one_authentication_last_a_while) {
  LockPolicy policy;
  policy.reauthenticate_after = 30s;
  ASSERT_TRUE(vault->set_policy(policy).has_value());
  ASSERT_TRUE(vault->set("pin", value_of("1"), RecordOptions{.is_ask_every_time = true}).has_value());
  ASSERT_TRUE(vault->authenticate(answering("correct horse")).has_value());
  device.clock.advance(29s);
  EXPECT_EQ(text_of(vault->get("pin")), "1");
  EXPECT_EQ(text_of(vault->get("pin")), "1");
  device.clock.advance(1s);
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
  ASSERT_TRUE(vault->authenticate(answering("correct horse")).has_value());
  vault->lock();
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(code_of(vault->get("pin")), Code::reauthentication_required);
}

TEST_F(Records, come_in_pages) {
  std::vector<Change> changes;
  for (int i = 0; i < 250; ++i) changes.push_back({.name = "page/" + std::to_string(1000 + i), .value = value_of("x")});
  changes.push_back({.name = "aaa", .value = value_of("x")});
  changes.push_back({.name = "page0", .value = value_of("x")});
  ASSERT_TRUE(vault->apply(changes).has_value());
  std::vector<std::string> names;
  std::string after;
  while (true) {
    const auto page = vault->page({.prefix = "page/", .after = after, .limit = 60});
    ASSERT_TRUE(page.has_value());
    if (page->empty()) break;
    for (const RecordInfo& info : *page) names.push_back(info.name);
    after = names.back();
  }
  ASSERT_EQ(names.size(), 250U);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_TRUE(vault->page({.prefix = "nothing"})->empty());
}

TEST_F(Records, too_many_wrong_passcodes_destroy_a_vault_that_wants_it) {
  LockPolicy policy;
  policy.maximum_attempts = 3;
  policy.after_attempts = AfterAttempts::wipe;
  ASSERT_TRUE(vault->set_policy(policy).has_value());
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock(answering("wrong"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(vault->unlock(answering("wrong"))), Code::wrong_passcode);
  EXPECT_EQ(code_of(vault->unlock(answering("wrong"))), Code::vault_wiped);
  EXPECT_EQ(code_of(Vault::open(device.parts(medium))), Code::not_found);
}

}  // namespace
}  // namespace latchkey::vault
