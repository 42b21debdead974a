#include <memory>

#include "bench/vault_bench/measure.h"
#include "bench/vault_bench/peer.h"
#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/memory_key_store.h"
#include "vault/record_stores/inotify_path_watch.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/vault.h"

namespace latchkey::bench {
namespace {

namespace fs = std::filesystem;
using namespace vault;  // NOLINT(google-build-using-namespace): this file is about nothing else

class VaultPeer final : public Peer {
 public:
  VaultPeer(const fs::path& folder, SlotKey key) : file_(folder / "bench.vault") {
    CreateOptions options;
    options.slots.push_back({SlotKind::in_memory, "bench"});
    vault_ = must(Vault::create(parts(), options, {}));
    slot_ = must(vault_->status()).slots[0].id;
    if (key == SlotKey::kernel_keyring) slot_ = must(vault_->add_slot({SlotKind::kernel_keyring, "bench"}, {}));
  }
  ~VaultPeer() override {
    if (vault_) static_cast<void>(vault_->destroy());
  }

  std::string name() const override { return "latchkey"; }
  void close() override { vault_.reset(); }
  void open() override {
    vault_ = must(Vault::open(parts()));
    must(vault_->unlock({}, slot_));
  }
  std::size_t get(std::string_view name) override { return must(vault_->get(name)).size(); }
  void set(const Record& record) override { must(vault_->set(record.name, RecordValue::copy_of(record.value))); }
  void import_all(std::span<const Record> records) override {
    std::vector<Change> changes;
    changes.reserve(records.size());
    for (const Record& one : records) changes.push_back({one.name, RecordValue::copy_of(one.value)});
    must(vault_->apply(changes));
  }
  std::size_t page(std::string_view prefix, std::size_t limit) override {
    return must(vault_->page({.prefix = prefix, .limit = limit})).size();
  }
  void rotate() override { must(vault_->rotate()); }
  std::uintmax_t bytes_on_disk() override {
    close();  // the last one out copies the log into the file
    const auto size = fs::file_size(file_);
    open();
    return size;
  }

 private:
  VaultParts parts() const {
    std::vector<std::unique_ptr<KeyStore>> stores;
    stores.push_back(make_memory_key_store(keys_));
    stores.push_back(make_kernel_keyring_key_store());
    auto records = make_sqlite_record_store(file_, {.watch_path = watch_path_by_inotify});
    return {std::move(records), std::move(stores), make_fixed_identity(DeviceSecret{1}), clock_};
  }

  fs::path file_;
  std::uint32_t slot_ = 0;
  SystemClock clock_;
  std::shared_ptr<MemoryKeys> keys_ = make_memory_keys();
  std::unique_ptr<Vault> vault_;
};

}  // namespace

std::unique_ptr<Peer> make_vault(const fs::path& folder, SlotKey key) {
  return std::make_unique<VaultPeer>(folder, key);
}

}  // namespace latchkey::bench
