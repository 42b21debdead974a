#include "vault/key_stores/secret_service_key_store.h"

// libsecret uses the C casts of GObject.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wold-style-cast"
#include <libsecret/secret.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "crypto/random.h"
#include "vault/key_stores/key_wrap.h"

namespace latchkey::vault {
namespace {

constexpr const char* schema_name = "org.latchkey.VaultKey";
constexpr const char* id_attribute = "latchkey-vault-key";
constexpr std::size_t item_id_size = 16;
constexpr std::chrono::seconds probe_timeout{5};

const SecretSchema& schema() {
  static const SecretSchema value = [] {
    SecretSchema made{};
    made.name = schema_name;
    // gnome-keyring forgets the schema's name of items in a keyring it has not unlocked since it started: a search that
    // asks for it finds nothing, and a locked key would look like a missing one.
    made.flags = SECRET_SCHEMA_DONT_MATCH_NAME;
    made.attributes[0] = {id_attribute, SECRET_SCHEMA_ATTRIBUTE_STRING};
    return made;
  }();
  return value;
}

template <class T>
struct Unref {
  void operator()(T* object) const { g_object_unref(object); }
};
using CancellablePtr = std::unique_ptr<GCancellable, Unref<GCancellable>>;
using ServicePtr = std::unique_ptr<SecretService, Unref<SecretService>>;
struct ValueUnref {
  void operator()(SecretValue* value) const { secret_value_unref(value); }
};
using ValuePtr = std::unique_ptr<SecretValue, ValueUnref>;
struct TableUnref {
  void operator()(GHashTable* table) const { g_hash_table_unref(table); }
};
using AttributesPtr = std::unique_ptr<GHashTable, TableUnref>;

// A cancellable that goes off after a while, or when the caller wants to stop. A thread of its own watches the time,
// for the blocking calls of libsecret run a main context that is not ours.
class Deadline final {
 public:
  Deadline(std::chrono::milliseconds timeout, const std::stop_token& stop)
      : cancellable_(g_cancellable_new()),
        on_stop_(stop, [this] { g_cancellable_cancel(cancellable_.get()); }),
        watch_([this, timeout](const std::stop_token& done) { watch(done, timeout); }) {}

  GCancellable* get() const { return cancellable_.get(); }

 private:
  void watch(const std::stop_token& done, std::chrono::milliseconds timeout) {
    std::mutex mutex;
    std::condition_variable_any finished;
    std::unique_lock hold(mutex);
    finished.wait_for(hold, done, timeout, [] { return false; });
    if (!done.stop_requested()) g_cancellable_cancel(cancellable_.get());
  }

  CancellablePtr cancellable_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::jthread watch_;
};

// Takes the error. Only the caller's own wish is told from the rest: whatever else the bus or the daemon says, nothing
// is lost and it may work later.
Error to_error(GError* error, const Prompt& prompt) {
  if (error != nullptr) g_error_free(error);
  if (prompt.stop.stop_requested()) return {Code::cancelled, {}};
  return {Code::temporarily_unavailable, "the desktop keyring is locked or does not answer"};
}

AttributesPtr attributes_of(const std::string& id) {
  return AttributesPtr(secret_attributes_build(&schema(), id_attribute, id.c_str(), nullptr));
}

class SecretServiceKeyStore final : public KeyStore {
 public:
  SlotKind kind() const override { return SlotKind::secret_service; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::this_device_only; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    const auto id = crypto::random_array<item_id_size>();
    const auto wrapping = crypto::random_secret<WrappingKeyTag>(32);
    TRY(Bytes sealed, wrap_slot_key(wrapping, kind(), binding, key));
    if (prompt.key_notice.about_to_make) TRY_DO(prompt.key_notice.about_to_make(kind(), id));
    TRY_DO(store(to_hex(id), wrapping, prompt));
    return WrappedKey{Bytes(id.begin(), id.end()), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    if (wrapped.parameters.size() != item_id_size)
      return fail(Code::vault_corrupted, "secret-service slot: parameters");
    TRY(const WrappingKey wrapping, look_up(to_hex(wrapped.parameters), prompt));
    return unwrap_slot_key(wrapping, kind(), binding, wrapped.sealed);
  }

  Status probe(const WrappedKey& wrapped) override;
  Status forget(const WrappedKey& wrapped) override;

 private:
  Status store(const std::string& id, const WrappingKey& key, const Prompt& prompt) {
    const Deadline deadline(prompt.timeout, prompt.stop);
    const ByteView bytes = key.reveal();
    const ValuePtr value(secret_value_new(reinterpret_cast<const char*>(bytes.data()),
                                          static_cast<gssize>(bytes.size()), "application/octet-stream"));
    GError* error = nullptr;
    const gboolean stored =
        secret_password_storev_binary_sync(&schema(), attributes_of(id).get(), SECRET_COLLECTION_DEFAULT,
                                           "Latchkey vault key", value.get(), deadline.get(), &error);
    if (stored == FALSE) return tl::unexpected(to_error(error, prompt));
    return {};
  }

  Result<WrappingKey> look_up(const std::string& id, const Prompt& prompt) {
    const Deadline deadline(prompt.timeout, prompt.stop);
    GError* error = nullptr;
    const ValuePtr value(
        secret_password_lookupv_binary_sync(&schema(), attributes_of(id).get(), deadline.get(), &error));
    if (error != nullptr) return tl::unexpected(to_error(error, prompt));
    if (!value) return tl::unexpected(why_nothing(id, prompt));
    gsize size = 0;
    const char* bytes = secret_value_get(value.get(), &size);
    if (size != 32) return fail(Code::key_invalidated, "the keyring item was altered");
    return WrappingKey::copy_of(std::string_view(bytes, size));
  }

  // A lookup answers nothing both for an item that is gone and for one in a collection that stayed locked.
  Error why_nothing(const std::string& id, const Prompt& prompt);
};

enum class ItemState { missing, locked, readable };

// Searches without unlocking: attributes are readable in locked collections.
Result<ItemState> find_item(const std::string& id, const Prompt& prompt) {
  const Deadline deadline(std::min<std::chrono::milliseconds>(prompt.timeout, probe_timeout), prompt.stop);
  GError* error = nullptr;
  const ServicePtr service(secret_service_get_sync(SECRET_SERVICE_NONE, deadline.get(), &error));
  if (!service) return tl::unexpected(to_error(error, prompt));
  GList* items = secret_service_search_sync(service.get(), &schema(), attributes_of(id).get(), SECRET_SEARCH_NONE,
                                            deadline.get(), &error);
  if (error != nullptr) return tl::unexpected(to_error(error, prompt));
  ItemState state = ItemState::missing;
  if (items != nullptr)
    state = secret_item_get_locked(SECRET_ITEM(items->data)) != FALSE ? ItemState::locked : ItemState::readable;
  g_list_free_full(items, g_object_unref);
  return state;
}

Error SecretServiceKeyStore::why_nothing(const std::string& id, const Prompt& prompt) {
  const Result<ItemState> state = find_item(id, prompt);
  if (!state) return state.error();
  if (*state == ItemState::missing) return {Code::key_missing, "the keyring has no such item"};
  return {Code::temporarily_unavailable, "the desktop keyring is locked"};
}

Status SecretServiceKeyStore::probe(const WrappedKey& wrapped) {
  if (wrapped.parameters.size() != item_id_size) return fail(Code::vault_corrupted, "secret-service slot: parameters");
  TRY(const ItemState state, find_item(to_hex(wrapped.parameters), {}));
  if (state == ItemState::missing) return fail(Code::key_missing, "the keyring has no such item");
  if (state == ItemState::locked) return fail(Code::temporarily_unavailable, "the desktop keyring is locked");
  return {};
}

Status SecretServiceKeyStore::forget(const WrappedKey& wrapped) {
  if (wrapped.parameters.size() != item_id_size) return fail(Code::vault_corrupted, "secret-service slot: parameters");
  const Prompt nobody;
  const Deadline deadline(nobody.timeout, nobody.stop);
  const std::string id = to_hex(wrapped.parameters);
  GError* error = nullptr;
  const gboolean removed = secret_password_clearv_sync(&schema(), attributes_of(id).get(), deadline.get(), &error);
  if (error != nullptr) return tl::unexpected(to_error(error, nobody));
  if (removed != FALSE) return {};
  // Nothing was removed: there is no such item, or its keyring is locked, which is no error either.
  TRY(const ItemState state, find_item(id, nobody));
  if (state != ItemState::missing) return fail(Code::temporarily_unavailable, "the desktop keyring is locked");
  return {};
}

}  // namespace

std::unique_ptr<KeyStore> make_secret_service_key_store() { return std::make_unique<SecretServiceKeyStore>(); }

}  // namespace latchkey::vault

#pragma clang diagnostic pop
