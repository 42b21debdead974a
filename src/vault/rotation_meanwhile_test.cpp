// The data key is replaced while the user is asked: nobody is told that the vault is damaged, nor asked twice, and what
// changes slots is not undone by the vault's own rotation.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "tests/support/vault/test_vaults.h"
#include "vault/vault.h"

namespace latchkey::vault {
namespace {

using namespace std::chrono_literals;
using testing::answering;
using testing::code_of;
using testing::Device;
using testing::open_vault;
using testing::text_of;
using testing::value_of;

constexpr std::chrono::hours longest_age{90 * 24};
constexpr std::uint32_t passcode_slot = 2;

using Meanwhile = std::function<void()>;

// As the desktop's keyring: it tells of a key before it makes it, and takes its time.
class SlowKeyStore final : public KeyStore {
 public:
  explicit SlowKeyStore(const Meanwhile& meanwhile) : meanwhile_(meanwhile) {}
  SlotKind kind() const override { return SlotKind::secret_service; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::this_device_only; }
  Result<WrappedKey> wrap(const SlotKey& /*key*/, const SlotBinding& /*binding*/, const Prompt& prompt) override {
    TRY_DO(prompt.key_notice.about_to_make(kind(), Bytes{1}));
    meanwhile_();
    return WrappedKey{Bytes{1}, Bytes(60)};
  }
  Result<SlotKey> unwrap(const WrappedKey& /*wrapped*/, const SlotBinding& /*binding*/,
                         const Prompt& /*prompt*/) override {
    return fail(Code::temporarily_unavailable);
  }
  Status probe(const WrappedKey& /*wrapped*/) override { return {}; }
  Status forget(const WrappedKey& /*wrapped*/) override { return {}; }

 private:
  const Meanwhile& meanwhile_;
};

// Something happens once, after the next read or in the next scrub.
struct Interruption {
  std::atomic<bool> is_due = false;
  Meanwhile what;
  void happen() {
    if (is_due.exchange(false)) what();
  }
};

class InterruptedStore final : public RecordStore {
 public:
  InterruptedStore(std::unique_ptr<RecordStore> real, Interruption& after_read, Interruption& in_scrub)
      : real_(std::move(real)), after_read_(after_read), in_scrub_(in_scrub) {}
  Status create(const WriteWork& work) override { return real_->create(work); }
  Status read(const ReadWork& work) override {
    Status done = real_->read(work);
    after_read_.happen();
    return done;
  }
  Status write(const WriteWork& work) override { return real_->write(work); }
  Status scrub() override {
    in_scrub_.happen();
    return real_->scrub();
  }
  Status check() override { return real_->check(); }
  Status destroy() override { return real_->destroy(); }

 private:
  std::unique_ptr<RecordStore> real_;
  Interruption& after_read_;
  Interruption& in_scrub_;
};

class RotationMeanwhile : public ::testing::Test {
 protected:
  VaultParts parts() {
    VaultParts made =
        device.parts(std::make_unique<InterruptedStore>(make_memory_record_store(medium), after_read, in_scrub));
    made.key_stores.push_back(std::make_unique<SlowKeyStore>(in_store));
    return made;
  }
  void SetUp() override {
    CreateOptions options = testing::with_slots({SlotKind::in_memory, SlotKind::passcode});
    options.policy.rotate_after = longest_age;
    vault = Vault::create(parts(), options, answering("correct horse")).value();
    ASSERT_TRUE(vault->set("a", value_of("1")));
  }
  void age_the_key() {
    device.clock.advance(longest_age);
    vault->lock();
    ASSERT_TRUE(vault->unlock({}, 1));
  }
  // A user to whom that happens before the passcode is typed.
  Prompt asking(const Meanwhile& meanwhile) {
    Prompt prompt;
    prompt.ask_passcode = [this, meanwhile](PasscodeAsk) -> Result<Passcode> {
      ++asked;
      meanwhile();
      return Passcode::copy_of("correct horse");
    };
    return prompt;
  }
  Meanwhile try_to_rotate() {
    return [this] {
      EXPECT_TRUE(vault->set("a", value_of("2")));
      EXPECT_TRUE(vault->is_rotation_wanted());
      EXPECT_EQ(code_of(vault->rotate_if_wanted()), Code::temporarily_unavailable);
    };
  }
  std::uint32_t generation() const { return vault->status()->generation; }
  bool wait_for_generation(std::uint32_t wanted) const {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (generation() != wanted && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return generation() == wanted;
  }
  void expect_rotation_after() {
    EXPECT_TRUE(wait_for_generation(2));
    EXPECT_EQ(code_of(vault->rotate_if_wanted()), Code{});
    EXPECT_TRUE(vault->verify());
  }
  std::unique_ptr<Vault> unlocked_elsewhere() {
    auto other = open_vault(device, medium);
    EXPECT_TRUE(other->unlock({}, 1));
    return other;
  }

  Device device;
  std::shared_ptr<MemoryMedium> medium = make_memory_medium();
  Interruption after_read, in_scrub;
  Meanwhile in_store = [] {};
  int asked = 0;
  std::unique_ptr<Vault> vault;
};

TEST_F(RotationMeanwhile, by_age_waits_for_a_slot_whose_key_is_being_made) {
  age_the_key();
  in_store = [this] {
    EXPECT_TRUE(vault->is_rotation_wanted()) << "the note of that key is a write";
    EXPECT_EQ(code_of(vault->rotate_if_wanted()), Code::temporarily_unavailable);
  };
  EXPECT_EQ(code_of(vault->add_slot({SlotKind::secret_service, "desk"}, {})), Code{});
  EXPECT_EQ(vault->status()->slots.size(), 3U);
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, by_age_waits_for_a_passcode_that_is_being_chosen) {
  age_the_key();
  EXPECT_EQ(code_of(vault->add_slot({SlotKind::passcode, "another"}, asking(try_to_rotate()))), Code{});
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, by_age_waits_for_a_slot_that_is_wrapped_anew) {
  age_the_key();
  EXPECT_EQ(code_of(vault->rewrap_slot(passcode_slot, asking(try_to_rotate()))), Code{});
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, by_age_waits_for_another_protection) {
  age_the_key();
  const VaultConfig config{
      .protection = {}, .new_slots = {{SlotKind::passcode, "another"}}, .kept_slots = {1, passcode_slot}};
  EXPECT_EQ(code_of(vault->update_config(config, asking(try_to_rotate()))), Code{});
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, by_age_waits_for_who_proves_to_be_there) {
  age_the_key();
  EXPECT_EQ(code_of(vault->authenticate(asking(try_to_rotate()), passcode_slot)), Code{});
  expect_rotation_after();
  EXPECT_EQ(code_of(vault->check_slot(passcode_slot, answering("correct horse"))), Code{});
}

TEST_F(RotationMeanwhile, by_age_waits_for_a_slot_that_is_tried) {
  age_the_key();
  EXPECT_EQ(code_of(vault->check_slot(passcode_slot, asking(try_to_rotate()))), Code{});
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, by_age_that_was_held_back_comes_after_failures_too) {
  age_the_key();
  Prompt prompt;
  prompt.ask_passcode = [this](PasscodeAsk) -> Result<Passcode> {
    try_to_rotate()();
    return fail(Code::user_cancelled);
  };
  EXPECT_EQ(code_of(vault->add_slot({SlotKind::passcode, "another"}, prompt)), Code::user_cancelled);
  expect_rotation_after();
}

TEST_F(RotationMeanwhile, asks_nobody_again) {
  const auto rotating = asking([this] { EXPECT_TRUE(vault->rotate()); });
  EXPECT_EQ(code_of(vault->authenticate(rotating, passcode_slot)), Code{});
  EXPECT_EQ(code_of(vault->check_slot(passcode_slot, rotating)), Code{});
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(generation(), 3U);
}

TEST_F(RotationMeanwhile, in_another_process_asks_nobody_again) {
  const auto other = unlocked_elsewhere();
  const auto rotating = asking([&] { EXPECT_TRUE(other->rotate()); });
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock(rotating, passcode_slot)), Code{});
  EXPECT_EQ(text_of(vault->get("a")), "1");
  EXPECT_EQ(code_of(vault->check_slot(passcode_slot, rotating)), Code{});
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(code_of(vault->authenticate(answering("correct horse"), passcode_slot)), Code::vault_locked)
      << "it is locked by then";
  EXPECT_TRUE(vault->is_locked());
}

TEST_F(RotationMeanwhile, of_a_slot_that_was_changed_as_well_is_to_be_tried_again) {
  const auto other = unlocked_elsewhere();
  const auto changing = asking([&] {
    EXPECT_TRUE(other->rewrap_slot(passcode_slot, answering("another horse")));
    EXPECT_TRUE(other->rotate());
  });
  vault->lock();
  EXPECT_EQ(code_of(vault->unlock(changing, passcode_slot)), Code::temporarily_unavailable);
  EXPECT_EQ(code_of(vault->unlock(answering("another horse"), passcode_slot)), Code{});
}

TEST_F(RotationMeanwhile, between_the_slot_and_the_proof_is_no_damage) {
  after_read.what = [this] { EXPECT_TRUE(vault->rotate()); };
  const auto then_rotating = asking([this] { after_read.is_due = true; });
  EXPECT_EQ(code_of(vault->authenticate(then_rotating, passcode_slot)), Code::temporarily_unavailable);
  EXPECT_EQ(generation(), 2U);
  EXPECT_EQ(code_of(vault->authenticate(answering("correct horse"), passcode_slot)), Code{});
}

TEST_F(RotationMeanwhile, by_age_takes_no_try_from_an_unlocking_that_came_meanwhile) {
  in_scrub.what = [this] {
    device.clock.advance(longest_age);
    vault->lock();
    EXPECT_TRUE(vault->unlock({}, 1));
    EXPECT_TRUE(vault->set("a", value_of("3")));
  };
  age_the_key();
  in_scrub.is_due = true;
  ASSERT_TRUE(vault->set("a", value_of("2")));
  EXPECT_TRUE(wait_for_generation(3));
  EXPECT_EQ(text_of(vault->get("a")), "3");
}

}  // namespace
}  // namespace latchkey::vault
