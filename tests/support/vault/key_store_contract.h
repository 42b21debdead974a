// The contract suite of KeyStore: include it in one test file per program, and instantiate it with makers of stores.
#pragma once

#include "tests/support/vault/test_vaults.h"
#include "vault/keyring.h"

namespace latchkey::vault {

using KeyStoreMaker = std::function<std::unique_ptr<KeyStore>()>;

class KeyStoreContract : public ::testing::TestWithParam<KeyStoreMaker> {
 protected:
  std::unique_ptr<KeyStore> store = GetParam()();
  DataKey key = Keyring::make_data_key();
  SlotBinding binding{{1, 2, 3}, 1, 1};
  Prompt prompt = testing::answering("correct horse");

  WrappedKey wrap() {
    auto wrapped = store->wrap(key, binding, prompt);
    EXPECT_TRUE(wrapped.has_value()) << to_string(wrapped.error());
    return *std::move(wrapped);
  }
  bool opens(const WrappedKey& wrapped, const SlotBinding& at) {
    const auto opened = store->unwrap(wrapped, at, prompt);
    return opened.has_value();
  }
};

TEST_P(KeyStoreContract, gives_back_the_key_it_wrapped) {
  const WrappedKey wrapped = wrap();
  EXPECT_TRUE(store->probe(wrapped).has_value());
  const auto opened = store->unwrap(wrapped, binding, prompt);
  ASSERT_TRUE(opened.has_value()) << to_string(opened.error());
  EXPECT_EQ(to_hex(opened->reveal()), to_hex(key.reveal()));
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_P(KeyStoreContract, wraps_of_one_key_have_nothing_in_common) {
  const WrappedKey first = wrap();
  const WrappedKey second = wrap();
  EXPECT_NE(first.parameters, second.parameters);
  EXPECT_NE(first.sealed, second.sealed);
  EXPECT_TRUE(store->forget(first).has_value());
  EXPECT_TRUE(opens(second, binding));  // forgetting one leaves the other
  EXPECT_TRUE(store->forget(second).has_value());
}

TEST_P(KeyStoreContract, a_wrap_opens_only_in_its_place) {
  const WrappedKey wrapped = wrap();
  EXPECT_FALSE(opens(wrapped, {{9, 2, 3}, 1, 1}));
  EXPECT_FALSE(opens(wrapped, {{1, 2, 3}, 2, 1}));
  EXPECT_FALSE(opens(wrapped, {{1, 2, 3}, 1, 2}));
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

TEST_P(KeyStoreContract, an_altered_or_cut_wrap_does_not_open) {
  const WrappedKey good = wrap();
  for (std::size_t bit = 0; bit < good.sealed.size() * 8; ++bit) {
    WrappedKey bad = good;
    bad.sealed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ASSERT_FALSE(opens(bad, binding)) << bit;
  }
  for (std::size_t size = 0; size < good.sealed.size(); ++size) {
    WrappedKey bad = good;
    bad.sealed.resize(size);
    ASSERT_FALSE(opens(bad, binding)) << size;
  }
  EXPECT_TRUE(store->forget(good).has_value());
}

TEST_P(KeyStoreContract, strange_parameters_are_refused) {
  const WrappedKey good = wrap();
  for (const std::size_t size : {std::size_t{0}, good.parameters.size() - 1, good.parameters.size() + 1}) {
    WrappedKey bad = good;
    bad.parameters.resize(size);
    EXPECT_FALSE(opens(bad, binding));
  }
  EXPECT_TRUE(store->forget(good).has_value());
}

TEST_P(KeyStoreContract, forgetting_twice_is_ok) {
  const WrappedKey wrapped = wrap();
  EXPECT_TRUE(store->forget(wrapped).has_value());
  EXPECT_TRUE(store->forget(wrapped).has_value());
}

}  // namespace latchkey::vault
