// What every key store must do. The Secret Service runs for real in secret_service_key_store_test.cpp.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/vault/key_store_contract.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/key_stores/secret_service_key_store.h"

namespace latchkey::vault {

INSTANTIATE_TEST_SUITE_P(Passcode, KeyStoreContract, ::testing::Values(KeyStoreMaker([] {
                           return make_passcode_key_store(crypto::argon2_min_cost);
                         })));
INSTANTIATE_TEST_SUITE_P(Memory, KeyStoreContract,
                         ::testing::Values(KeyStoreMaker([] { return make_memory_key_store(); })));

// Empty outside the session that secret_service_key_store_test.cpp makes: there is no keyring of ours to ask.
INSTANTIATE_TEST_SUITE_P(SecretService, KeyStoreContract, ::testing::ValuesIn([] {
                           std::vector<KeyStoreMaker> makers;
                           if (std::getenv("LATCHKEY_TEST_KEYRING") != nullptr)
                             makers.emplace_back([] { return make_secret_service_key_store(); });
                           return makers;
                         }()));

}  // namespace latchkey::vault
