// The program that memory_test looks into: makes a vault, keeps tokens in it, unlocks, uses, locks, fails to unlock.
// memory_target FOLDER [anonymous]: reads FOLDER/canaries (masked), writes FOLDER/data-key (masked).
#include "base/atomic_file.h"
#include "base/locked_pages.h"
#include "tests/memory/target_steps.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace {

using namespace latchkey;
using namespace latchkey::vault;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

// The passcode store, telling the scanner what the slot's key is.
class TellingKeyStore final : public KeyStore {
 public:
  explicit TellingKeyStore(fs::path file) : file_(std::move(file)) {}
  SlotKind kind() const override { return real_->kind(); }
  SecurityLevel level() const override { return real_->level(); }
  Portability portability() const override { return real_->portability(); }
  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    Bytes masked(key.size());
    copy_masked(key.reveal(), masked);
    must(write_file_atomically(file_, masked));
    return real_->wrap(key, binding, prompt);
  }
  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    return real_->unwrap(wrapped, binding, prompt);
  }
  Status probe(const WrappedKey& wrapped) override { return real_->probe(wrapped); }
  Status forget(const WrappedKey& wrapped) override { return real_->forget(wrapped); }

 private:
  fs::path file_;
  std::unique_ptr<KeyStore> real_ = make_passcode_key_store(crypto::argon2_server_cost);
};

void use(Vault& vault) {
  for (const char* name : {"refresh", "access"})
    must(vault.use_value(name, [](const RecordValue& value) -> Status {
      if (value.size() != canary_size) return fail(Code::internal);
      return {};
    }));
  static_cast<void>(must(vault.list()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc > 2) locked_pages::set_backing(locked_pages::Backing::anonymous);
  const fs::path folder = argv[1];
  const Canaries canaries(folder / "canaries", canary_names.size());
  const SystemClock clock;
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(std::make_unique<TellingKeyStore>(folder / "data-key"));
  VaultParts parts{make_sqlite_record_store(folder / "test.vault"), std::move(stores), make_machine_identity(), clock};
  CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "test"});
  const auto vault = must(Vault::create(std::move(parts), options, answering(canaries, 0)));
  must(vault->set("refresh", canaries.get<RecordValue>(2)));
  must(vault->set("access", canaries.get<RecordValue>(3)));
  vault->lock();
  must(vault->unlock(answering(canaries, 0)));
  {
    const RecordValue in_use = must(vault->get("refresh"));  // the scanner must find this one, and the slot's key
    reached(Step::unlocked);
  }
  use(*vault);
  vault->lock();
  reached(Step::locked);
  if (vault->unlock(answering(canaries, 1))) return 3;
  reached(Step::failed_unlock);
  return 0;
}
