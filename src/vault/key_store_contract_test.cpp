// What every key store must do. The Secret Service runs for real in secret_service_key_store_test.cpp.
#include <gtest/gtest.h>

#include "tests/support/vault/key_store_contract.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/key_stores/passcode_key_store.h"

namespace latchkey::vault {

INSTANTIATE_TEST_SUITE_P(Passcode, KeyStoreContract, ::testing::Values(KeyStoreMaker([] {
                           return make_passcode_key_store(crypto::argon2_min_cost);
                         })));
INSTANTIATE_TEST_SUITE_P(Memory, KeyStoreContract,
                         ::testing::Values(KeyStoreMaker([] { return make_memory_key_store(); })));

}  // namespace latchkey::vault
