#include "vault/key_stores/memory_key_store.h"

#include <map>
#include <mutex>

#include "crypto/random.h"
#include "vault/key_stores/key_wrap.h"

namespace latchkey::vault {

class MemoryKeys {
 public:
  std::mutex mutex;
  std::map<Bytes, WrappingKey> by_id;
  bool are_invalidated = false;
  bool are_available = true;
};

namespace {

class MemoryKeyStore final : public KeyStore {
 public:
  explicit MemoryKeyStore(std::shared_ptr<MemoryKeys> keys) : keys_(std::move(keys)) {}

  SlotKind kind() const override { return SlotKind::in_memory; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::this_device_only; }

  // Parameters: id(16).
  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    const std::lock_guard hold(keys_->mutex);
    if (!keys_->are_available) return fail(Code::temporarily_unavailable, "in-memory keys");
    const auto id = crypto::random_array<16>();
    auto wrapping = crypto::random_secret<WrappingKeyTag>(32);
    TRY(Bytes sealed, wrap_slot_key(wrapping, kind(), binding, key));
    keys_->by_id.insert_or_assign(Bytes(id.begin(), id.end()), std::move(wrapping));
    return WrappedKey{Bytes(id.begin(), id.end()), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    const std::lock_guard hold(keys_->mutex);
    TRY_DO(check(wrapped));
    return unwrap_slot_key(keys_->by_id.at(wrapped.parameters), kind(), binding, wrapped.sealed);
  }

  Status probe(const WrappedKey& wrapped) override {
    const std::lock_guard hold(keys_->mutex);
    return check(wrapped);
  }

  Status forget(const WrappedKey& wrapped) override {
    const std::lock_guard hold(keys_->mutex);
    keys_->by_id.erase(wrapped.parameters);
    return {};
  }

 private:
  Status check(const WrappedKey& wrapped) const {
    if (!keys_->are_available) return fail(Code::temporarily_unavailable, "in-memory keys");
    if (keys_->are_invalidated) return fail(Code::key_invalidated);
    if (!keys_->by_id.contains(wrapped.parameters)) return fail(Code::key_missing, "in-memory keys");
    return {};
  }

  std::shared_ptr<MemoryKeys> keys_;
};

}  // namespace

std::shared_ptr<MemoryKeys> make_memory_keys() { return std::make_shared<MemoryKeys>(); }

std::unique_ptr<KeyStore> make_memory_key_store(std::shared_ptr<MemoryKeys> keys) {
  return std::make_unique<MemoryKeyStore>(std::move(keys));
}

void lose_all(MemoryKeys& keys) {
  const std::lock_guard hold(keys.mutex);
  keys.by_id.clear();
}
void invalidate_all(MemoryKeys& keys) {
  const std::lock_guard hold(keys.mutex);
  keys.are_invalidated = true;
}
void set_available(MemoryKeys& keys, bool is_available) {
  const std::lock_guard hold(keys.mutex);
  keys.are_available = is_available;
}

}  // namespace latchkey::vault
