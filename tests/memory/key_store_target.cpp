// The program that key_store_memory_test looks into: wraps a key, opens it, opens it with a wrong PIN, lets go of it.
// key_store_target FOLDER tpm2|tpm2-pcrs|pkcs11-aes|pkcs11-rsa|pkcs11-ec|kernel-keyring|secret-service|recovery-code
// [anonymous]: reads FOLDER/canaries (masked): PIN, wrong PIN, key. A TPM is started here; a PKCS#11 token and a
// keyring are there already. What a store makes up itself is left in the folder for the test: FOLDER/parameters of the
// wrap, and FOLDER/code and FOLDER/wrong-code (masked), of this slot and of another.
#include <type_traits>

#include "base/locked_pages.h"
#include "base/registers.h"
#include "tests/memory/target_steps.h"
#include "tests/support/vault/soft_hsm.h"
#include "tests/support/vault/software_tpm.h"
#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/recovery_code_key_store.h"
#include "vault/key_stores/secret_service_key_store.h"
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
  if (name == "secret-service") return make_secret_service_key_store();
  if (name == "recovery-code") return make_recovery_code_key_store();
  Pkcs11KeyStoreOptions options{.module = vault::testing::SoftHsm::module, .token = vault::testing::SoftHsm::token};
  options.mechanism = parse_pkcs11_mechanism(name.substr(std::string_view("pkcs11-").size())).value();
  return make_pkcs11_key_store(options);
}

// The user of a slot, who writes down what they are shown.
class Person {
 public:
  Person(const Canaries& canaries, fs::path folder) : canaries_(canaries), folder_(std::move(folder)) {}

  Prompt wrapping(const char* note) const {
    Prompt prompt = answering(canaries_, 0);
    prompt.show_recovery_code = [this, note](const RecoveryCode& code) -> Status {
      Bytes masked(code.size());
      copy_masked(code.reveal(), masked);
      return write_file_atomically(folder_ / note, masked);
    };
    return prompt;
  }
  Prompt opening(std::size_t pin, const char* note) const {
    if (!fs::exists(folder_ / note)) return answering(canaries_, pin);
    Prompt prompt;
    prompt.ask_passcode = [this, note](PasscodeAsk) -> Result<Passcode> {
      TRY(const WipedBytes masked, read_file(folder_ / note, canary_size));
      Passcode typed = Passcode::zeroed(masked.size());
      copy_masked(masked, typed.reveal_to_write());
      return typed;
    };
    return prompt;
  }

 private:
  const Canaries& canaries_;
  fs::path folder_;
};

// As the vault does: its operations end with the registers wiped.
WrappedKey wrap(KeyStore& store, const Canaries& canaries, const Prompt& prompt) {
  const VectorRegisterGuard guard;
  const Key key = Key::copy_of(canaries.get<Key>(2).reveal().first(key_size));
  return must(store.wrap(key, SlotBinding{}, prompt));
}
Result<Key> unwrap(KeyStore& store, const WrappedKey& wrapped, const Prompt& prompt) {
  const VectorRegisterGuard guard;
  return store.unwrap(wrapped, SlotBinding{}, prompt);
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
  const fs::path folder = argv[1];
  const Person person(canaries, folder);
  const WrappedKey wrapped = wrap(*store, canaries, person.wrapping("code"));
  must(write_file_atomically(folder / "parameters", wrapped.parameters));
  if (name == "recovery-code") static_cast<void>(wrap(*store, canaries, person.wrapping("wrong-code")));
  {
    const Key opened = must(unwrap(*store, wrapped, person.opening(0, "code")));
    reached(Step::unlocked);
  }
  reached(Step::locked);
  const bool asks = name != "kernel-keyring" && name != "secret-service";
  if (unwrap(*store, wrapped, person.opening(1, "wrong-code")).has_value() == asks) return 3;
  reached(Step::failed_unlock);
  return 0;
}
