// What every key store must do, each with the real thing. The Secret Service runs in the session that
// secret_service_key_store_test.cpp makes.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/vault/kernel_session.h"
#include "tests/support/vault/key_store_contract.h"
#include "tests/support/vault/soft_hsm.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/recovery_code_key_store.h"
#include "vault/key_stores/secret_service_key_store.h"
#include "vault/key_stores/tpm2_key_store.h"

namespace latchkey::vault {
namespace {

using testing::SoftHsm;
using testing::SoftwareTpm;

KeyStoreUnderTest passcode_store() {
  return {.name = "Passcode",
          .make = [] { return make_passcode_key_store(crypto::argon2_min_cost); },
          .asks_the_user = true};
}

KeyStoreUnderTest memory_store() {
  const auto keys = make_memory_keys();
  return {.name = "Memory", .make = [keys] { return make_memory_key_store(keys); }, .is_shared_by_processes = false};
}

KeyStoreUnderTest recovery_code_store() {
  return {.name = "RecoveryCode", .make = [] { return make_recovery_code_key_store(); }, .asks_the_user = true};
}

KeyStoreUnderTest kernel_keyring_store(std::string name, KernelKeyring keyring) {
  return {.name = std::move(name),
          .make = [keyring] { return make_kernel_keyring_key_store({.keyring = keyring}); },
          .why_not =
              [] {
                static const bool is_possible = testing::join_new_session();
                return std::string(is_possible ? "" : "no kernel keyrings in this sandbox");
              }};
}

// One TPM for all of them, which takes as many wrong PINs as altered parameters make.
KeyStoreUnderTest tpm2_store(std::string name, Tpm2Pin pin, const std::vector<unsigned>& pcrs) {
  return {
      .name = std::move(name),
      .make =
          [pin, pcrs] {
            static const SoftwareTpm tpm;
            static const bool is_patient = tpm.set_lockout(1'000'000).has_value();
            EXPECT_TRUE(is_patient);
            return make_tpm2_key_store(
                {.tcti = tpm.tcti(), .pin = pin, .pcrs = pcrs, .pin_cost = crypto::argon2_min_cost});
          },
      .why_not = [] { return std::string(SoftwareTpm::is_installed() ? "" : "swtpm is not installed: ./dev setup"); },
      .bit_step = pin == Tpm2Pin::asked && pcrs.empty() ? 13U : 29U,
      .asks_the_user = pin == Tpm2Pin::asked};
}

KeyStoreUnderTest pkcs11_store(std::string name, Pkcs11Mechanism mechanism, std::size_t bit_step) {
  return {.name = std::move(name),
          .make =
              [mechanism] {
                SoftHsm::instance();
                return make_pkcs11_key_store({.module = SoftHsm::module,
                                              .token = SoftHsm::token,
                                              .mechanism = mechanism,
                                              .ask_pin_to_forget = testing::answering(SoftHsm::pin).ask_passcode});
              },
          .why_not = [] { return std::string(SoftHsm::is_installed() ? "" : "SoftHSM is not installed: ./dev setup"); },
          .bit_step = bit_step,
          .asks_the_user = true};
}

KeyStoreUnderTest secret_service_store() {
  return {
      .name = "SecretService",
      .make = [] { return make_secret_service_key_store(); },
      .is_shared_by_processes = false};  // GLib's threads do not survive a fork(); the next session reads it, though
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Stores, KeyStoreContract,
                         ::testing::Values(passcode_store(), memory_store(), recovery_code_store(),
                                           kernel_keyring_store("KernelSession", KernelKeyring::session),
                                           kernel_keyring_store("KernelUser", KernelKeyring::user),
                                           tpm2_store("Tpm2", Tpm2Pin::asked, {}),
                                           tpm2_store("Tpm2WithoutPin", Tpm2Pin::none, {}),
                                           tpm2_store("Tpm2WithPcrs", Tpm2Pin::asked, {0, 7, 16}),
                                           pkcs11_store("Pkcs11Aes", Pkcs11Mechanism::aes_256_gcm, 1),
                                           pkcs11_store("Pkcs11Rsa", Pkcs11Mechanism::rsa_oaep_sha256, 11),
                                           pkcs11_store("Pkcs11Ec", Pkcs11Mechanism::ecdh_p256, 7)),
                         [](const auto& tested) { return tested.param.name; });

// Empty outside the session that secret_service_key_store_test.cpp makes: there is no keyring of ours to ask.
INSTANTIATE_TEST_SUITE_P(SecretService, KeyStoreContract, ::testing::ValuesIn([] {
                           std::vector<KeyStoreUnderTest> stores;
                           if (std::getenv("LATCHKEY_TEST_KEYRING") != nullptr)
                             stores.push_back(secret_service_store());
                           return stores;
                         }()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace latchkey::vault
