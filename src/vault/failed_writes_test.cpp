// Writes that did their work and then did not become durable: what the vault remembers is what the file holds.
#include <gtest/gtest.h>

#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::Device;
using testing::text_of;
using testing::value_of;
using testing::with_slots;

// A disk that fills up at the commit.
class FullAtCommit final : public RecordStore {
 public:
  FullAtCommit(std::unique_ptr<RecordStore> real, const bool& is_full) : real_(std::move(real)), is_full_(is_full) {}
  Status create(const WriteWork& work) override { return real_->create(work); }
  Status read(const ReadWork& work) override { return real_->read(work); }
  Status write(const WriteWork& work) override {
    return real_->write([&](RecordWriter& writer) -> Status {
      TRY_DO(work(writer));
      return is_full_ ? fail(Code::storage_full) : Status();
    });
  }
  Status scrub() override { return real_->scrub(); }
  Status check() override { return real_->check(); }
  Status destroy() override { return real_->destroy(); }

 private:
  std::unique_ptr<RecordStore> real_;
  const bool& is_full_;
};

class FailedWrites : public ::testing::Test {
 protected:
  Device device;
  bool is_full = false;
  std::unique_ptr<Vault> vault = make();

  std::unique_ptr<Vault> make() {
    auto made = Vault::create(device.parts(std::make_unique<FullAtCommit>(make_memory_record_store(), is_full)),
                              with_slots({SlotKind::passcode}), answering("correct horse"));
    EXPECT_TRUE(made.has_value()) << to_string(made.error());
    return *std::move(made);
  }
  void fill_up(const std::function<Status()>& write) {
    is_full = true;
    EXPECT_EQ(code_of(write()), Code::storage_full);
    is_full = false;
  }
};

TEST_F(FailedWrites, of_a_policy_leave_the_old_one_in_force) {
  LockPolicy never = {};
  never.lock_after_idle = 0ms;
  fill_up([&] { return vault->set_policy(never); });
  device.clock.advance(5min);
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(FailedWrites, of_every_kind_leave_a_vault_that_works_on) {
  ASSERT_TRUE(vault->set("a", value_of("1")).has_value());
  fill_up([&] { return vault->set("a", value_of("2")); });
  fill_up([&] { return vault->set("b", value_of("2")); });
  fill_up([&] { return vault->remove("a"); });
  fill_up([&] { return vault->rotate(); });
  fill_up([&] { return vault->rewrap_slot(1, answering("another")); });
  fill_up([&] { return vault->adopt_device(); });
  EXPECT_EQ(text_of(vault->get("a")), "1");
  EXPECT_TRUE(vault->set("b", value_of("3")).has_value());
  EXPECT_TRUE(vault->rotate().has_value());
  vault->lock();
  ASSERT_TRUE(vault->unlock(answering("correct horse")).has_value());
  EXPECT_EQ(text_of(vault->get("b")), "3");
  EXPECT_TRUE(vault->verify().has_value());
}

}  // namespace
}  // namespace latchkey::vault
