// The program that memory_test looks into: makes a vault, keeps tokens in it, unlocks, uses, locks, fails to unlock.
// memory_target FOLDER [anonymous]: reads FOLDER/canaries (masked), writes
// FOLDER/{slot-key,authenticator,data-key} (masked).
#include "base/atomic_file.h"
#include "base/locked_pages.h"
#include "tests/memory/target_steps.h"
#include "vault/contents.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace {

using namespace latchkey;
using namespace latchkey::vault;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

template <class Tag>
void tell(const fs::path& file, const Secret<Tag>& secret) {
  Bytes masked(secret.size());
  copy_masked(secret.reveal(), masked);
  must(write_file_atomically(file, masked));
}

// Tells the scanner what the keys of slot 1 and of the vault are.
void tell_keys(const fs::path& folder, KeyStore& store, const Prompt& prompt) {
  const auto records = make_sqlite_record_store(folder / "test.vault");
  must(records->read([&](RecordReader& reader) -> Status {
    TRY(const OpenParts open, read_open_parts(reader));
    const Slot& slot = open.slots[0];
    TRY(const SlotKey slot_key, store.unwrap(slot.wrapped, {open.header.id, slot.id}, prompt));
    tell(folder / "slot-key", slot_key);
    tell(folder / "authenticator", derive_authenticator(slot_key));
    TRY(const DataKey data_key,
        open_data_key(slot_key, slot.sealed_data_key, {open.header.id, open.header.generation, slot.id}));
    tell(folder / "data-key", data_key);
    return {};
  }));
}

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
  stores.push_back(make_passcode_key_store(crypto::argon2_server_cost));
  VaultParts parts{make_sqlite_record_store(folder / "test.vault"), std::move(stores), make_machine_identity(), clock};
  CreateOptions options;
  options.slots.push_back({SlotKind::passcode, "test"});
  const auto vault = must(Vault::create(std::move(parts), options, answering(canaries, 0)));
  must(vault->set("refresh", canaries.get<RecordValue>(2)));
  must(vault->set("access", canaries.get<RecordValue>(3)));
  tell_keys(folder, *make_passcode_key_store(crypto::argon2_server_cost), answering(canaries, 0));
  vault->lock();
  must(vault->unlock(answering(canaries, 0)));
  {
    const RecordValue in_use = must(vault->get("refresh"));  // the scanner must find this one, and the data key
    reached(Step::unlocked);
  }
  use(*vault);
  vault->lock();
  reached(Step::locked);
  if (vault->unlock(answering(canaries, 1))) return 3;
  reached(Step::failed_unlock);
  return 0;
}
