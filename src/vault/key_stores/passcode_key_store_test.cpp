#include "vault/key_stores/passcode_key_store.h"

#include <gtest/gtest.h>

#include "crypto/random.h"
#include "tests/support/vault/test_vaults.h"

namespace latchkey::vault {
namespace {

using testing::answering;
using testing::code_of;

class PasscodeKeyStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<KeyStore> store = make_passcode_key_store(crypto::argon2_min_cost);
  SlotKey key = crypto::random_secret<SlotKeyTag>(slot_key_size);
  SlotBinding binding{{1}, 1};
};

TEST_F(PasscodeKeyStoreTest, another_passcode_is_wrong) {
  const auto wrapped = store->wrap(key, binding, answering("correct horse"));
  EXPECT_EQ(code_of(store->unwrap(*wrapped, binding, answering("correct horsf"))), Code::wrong_passcode);
}

TEST_F(PasscodeKeyStoreTest, a_short_passcode_is_not_taken) {
  EXPECT_EQ(code_of(store->wrap(key, binding, answering("123"))), Code::invalid_argument);
}

TEST_F(PasscodeKeyStoreTest, with_nobody_to_ask_it_gives_up) {
  EXPECT_EQ(code_of(store->wrap(key, binding, {})), Code::user_cancelled);
}

// Parameters: version | memory(4) | passes(4) | salt(16). None of these may make it allocate or compute.
TEST_F(PasscodeKeyStoreTest, costs_out_of_bounds_are_refused_before_the_user_is_asked) {
  const auto wrapped = store->wrap(key, binding, answering("correct horse"));
  int asked = 0;
  Prompt counting;
  counting.ask_passcode = [&](PasscodeAsk) -> Result<Passcode> {
    ++asked;
    return Passcode::copy_of("correct horse");
  };
  for (const auto& [at, value] : {std::pair{1, 0xff}, {2, 0xff}, {5, 0x80}, {8, 0x11}}) {
    WrappedKey hostile = *wrapped;
    hostile.parameters[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
    EXPECT_EQ(code_of(store->unwrap(hostile, binding, counting)), Code::vault_corrupted) << at;
    EXPECT_EQ(code_of(store->probe(hostile)), Code::vault_corrupted);
  }
  WrappedKey zero = *wrapped;
  std::fill(zero.parameters.begin() + 1, zero.parameters.begin() + 9, std::uint8_t{0});
  EXPECT_EQ(code_of(store->unwrap(zero, binding, counting)), Code::vault_corrupted);
  EXPECT_EQ(asked, 0);
}

TEST_F(PasscodeKeyStoreTest, a_later_version_is_told_from_damage) {
  auto wrapped = store->wrap(key, binding, answering("correct horse"));
  wrapped->parameters[0] = 2;
  EXPECT_EQ(code_of(store->unwrap(*wrapped, binding, answering("correct horse"))), Code::future_version);
}

TEST_F(PasscodeKeyStoreTest, each_slot_opens_with_the_cost_it_was_made_with) {
  const auto wrapped = store->wrap(key, binding, answering("correct horse"));
  const auto stronger = make_passcode_key_store({.memory_kib = 64, .passes = 2});
  EXPECT_TRUE(stronger->unwrap(*wrapped, binding, answering("correct horse")).has_value());
}

}  // namespace
}  // namespace latchkey::vault
