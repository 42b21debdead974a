// The program that key_store_memory_test looks into: wraps a key, opens it, opens it with a wrong PIN, lets go of it.
// key_store_target FOLDER tpm2|tpm2-pcrs|pkcs11-aes|pkcs11-rsa|kernel-keyring [anonymous]: reads FOLDER/canaries
// (masked): PIN, wrong PIN, key. A TPM is started here, a PKCS#11 token is there already.
#include <type_traits>

#include "base/locked_pages.h"
#include "base/registers.h"
#include "tests/memory/target_steps.h"
#include "tests/support/vault/soft_hsm.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/tpm2_key_store.h"

namespace {

using namespace latchkey;
using namespace latchkey::vault;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

using Key = std::remove_cvref_t<decltype(*std::declval<KeyStore&>().unwrap({}, {}, {}))>;
constexpr std::size_t key_size = 32;

std::unique_ptr<KeyStore> make_store(std::string_view name, const std::string& tcti) {
  if (name == "tpm2") return make_tpm2_key_store({.tcti = tcti, .pin_cost = crypto::argon2_server_cost});
  if (name == "tpm2-pcrs")
    return make_tpm2_key_store({.tcti = tcti, .pcrs = {7}, .pin_cost = crypto::argon2_server_cost});
  if (name == "kernel-keyring") return make_kernel_keyring_key_store();
  Pkcs11KeyStoreOptions options{.module = vault::testing::SoftHsm::module, .token = vault::testing::SoftHsm::token};
  options.mechanism = name == "pkcs11-aes" ? Pkcs11Mechanism::aes_256_gcm : Pkcs11Mechanism::rsa_oaep_sha256;
  return make_pkcs11_key_store(options);
}

// As the vault does: its operations end with the registers wiped.
WrappedKey wrap(KeyStore& store, const Canaries& canaries) {
  const VectorRegisterGuard guard;
  const Key key = Key::copy_of(canaries.get<Key>(2).reveal().first(key_size));
  return must(store.wrap(key, SlotBinding{}, answering(canaries, 0)));
}
Result<Key> unwrap(KeyStore& store, const WrappedKey& wrapped, const Canaries& canaries, std::size_t pin) {
  const VectorRegisterGuard guard;
  return store.unwrap(wrapped, SlotBinding{}, answering(canaries, pin));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (argc > 3) locked_pages::set_backing(locked_pages::Backing::anonymous);
  const std::string_view name = argv[2];
  const Canaries canaries(fs::path(argv[1]) / "canaries", 3);
  std::optional<vault::testing::SoftwareTpm> tpm;
  if (name.starts_with("tpm2")) tpm.emplace();
  const auto store = make_store(name, tpm ? tpm->tcti() : std::string());
  const WrappedKey wrapped = wrap(*store, canaries);
  {
    const Key opened = must(unwrap(*store, wrapped, canaries, 0));
    reached(Step::unlocked);
  }
  reached(Step::locked);
  const bool asks = name != "kernel-keyring";
  if (unwrap(*store, wrapped, canaries, 1).has_value() == asks) return 3;
  reached(Step::failed_unlock);
  return 0;
}
