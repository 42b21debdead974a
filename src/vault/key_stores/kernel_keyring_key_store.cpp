#include "vault/key_stores/kernel_keyring_key_store.h"

#include <fmt/format.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "base/wiping.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"
#include "vault/byte_reader.h"
#include "vault/key_stores/key_wrap.h"

namespace latchkey::vault {
namespace {

constexpr std::uint8_t keyring_parameters_version = 1;
constexpr std::size_t key_id_size = 16;
constexpr std::size_t key_size = 32;
constexpr const char* key_type = "user";
// Of the possessor's rights (keyctl_setperm(3)): view, read, search, set attributes; nothing for user, group, others.
constexpr std::uint32_t possessor_only = 0x2b000000;
constexpr std::uint32_t possessor_links = 0x10000000;

using KeySerial = std::int32_t;

struct KeyringEntry {
  KernelKeyring keyring;
  ByteArray<key_id_size> id;
};

Bytes print(const KeyringEntry& place) {
  Bytes out{keyring_parameters_version, static_cast<std::uint8_t>(place.keyring)};
  append(out, place.id);
  return out;
}

Result<KeyringEntry> parse(ByteView parameters) {
  ByteReader reader(parameters);
  KeyringEntry place{};
  TRY(const auto version, reader.take_integer<std::uint8_t>());
  if (version > keyring_parameters_version) return fail(Code::future_version, "kernel keyring slot");
  if (version == 0) return fail(Code::vault_corrupted, "kernel keyring slot: version");
  TRY(const auto keyring, reader.take_integer<std::uint8_t>());
  if (keyring > 1) return fail(Code::vault_corrupted, "kernel keyring slot: keyring");
  place.keyring = static_cast<KernelKeyring>(keyring);
  TRY(place.id, reader.take_array<key_id_size>());
  TRY_DO(reader.expect_end());
  return place;
}

std::string description_of(const KeyringEntry& place) { return "latchkey:vault-key:" + to_hex(place.id); }

template <class... Arguments>
long keyctl(int operation, Arguments... arguments) {
  return ::syscall(SYS_keyctl, operation, arguments...);
}

Error to_error(int error) {
  switch (error) {
    case ENOKEY:
    case EKEYEXPIRED:
    case EKEYREVOKED:
      return {Code::key_missing, "the kernel no longer holds the key"};
    case EACCES:
      return {Code::key_missing, "the kernel holds the key for another session"};
    case EDQUOT:
      return {Code::storage_full, "the user's quota of kernel keys is used up"};
    case ENOSYS:
    case EPERM:
      return {Code::unsupported, "no kernel keyring here"};
    default:
      return {Code::temporarily_unavailable, fmt::format("kernel keyring: error {}", error)};
  }
}

// By its number: a process without a session keyring of pam_keyinit's, when it adds a key by KEY_SPEC_SESSION_KEYRING,
// is given a new one that nobody else sees; asked without making one, the kernel names the user's default session.
Result<KeySerial> reach_session() {
  constexpr int without_making_one = 0;
  const long serial = keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, without_making_one);
  if (serial < 0) return tl::unexpected(to_error(errno));
  return static_cast<KeySerial>(serial);
}

// The keyring's number. A key of the user's keyring is possessed only by who can reach it from a keyring of its own,
// which a session without pam_keyinit cannot. The thread's keyring goes with the thread.
Result<KeySerial> reach(KernelKeyring keyring) {
  if (keyring == KernelKeyring::session) return reach_session();
  if (keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_THREAD_KEYRING) != 0) return tl::unexpected(to_error(errno));
  return static_cast<KeySerial>(KEY_SPEC_USER_KEYRING);
}

Result<KeySerial> find_key(const KeyringEntry& place) {
  TRY(const KeySerial keyring, reach(place.keyring));
  const long found = keyctl(KEYCTL_SEARCH, keyring, key_type, description_of(place).c_str(), 0);
  if (found < 0) return tl::unexpected(to_error(errno));
  return static_cast<KeySerial>(found);
}

Result<WrappingKey> read_key(KeySerial serial) {
  auto key = WrappingKey::zeroed(key_size);
  const long size = keyctl(KEYCTL_READ, serial, key.reveal_to_write().data(), key_size);
  if (size < 0) return tl::unexpected(to_error(errno));
  if (size != static_cast<long>(key_size)) return fail(Code::key_invalidated, "the kernel's key was altered");
  return key;
}

// Gone for every process, also from keyrings it was linked to.
Status invalidate(KeySerial serial) {
  if (keyctl(KEYCTL_INVALIDATE, serial) != 0) return tl::unexpected(to_error(errno));
  return {};
}

// From the thread's keyring to the one where others find it.
Status publish_key(KeySerial serial, KeySerial keyring, std::chrono::seconds timeout) {
  if (keyctl(KEYCTL_SET_TIMEOUT, serial, static_cast<unsigned>(timeout.count())) != 0 ||
      keyctl(KEYCTL_SETPERM, serial, possessor_only | possessor_links) != 0 ||
      keyctl(KEYCTL_LINK, serial, keyring) != 0 || keyctl(KEYCTL_SETPERM, serial, possessor_only) != 0)
    return tl::unexpected(to_error(errno));
  static_cast<void>(keyctl(KEYCTL_UNLINK, serial, KEY_SPEC_THREAD_KEYRING));  // it goes with the thread at the latest
  return {};
}

// Made where it goes with the thread: who is killed before it has its timeout leaves none that stays for good.
Status add_key(const KeyringEntry& place, const WrappingKey& key, std::chrono::seconds timeout) {
  TRY(const KeySerial keyring, reach(place.keyring));
  const ByteView bytes = key.reveal();
  const long added = ::syscall(SYS_add_key, key_type, description_of(place).c_str(), bytes.data(), bytes.size(),
                               KEY_SPEC_THREAD_KEYRING);
  if (added < 0) return tl::unexpected(to_error(errno));
  const auto serial = static_cast<KeySerial>(added);
  Status published = publish_key(serial, keyring, timeout);
  if (!published) static_cast<void>(invalidate(serial));
  return published;
}

// What is wrapped with follows from all of the parameters, so that altered ones open nothing.
WrappingKey bound_to_place(const WrappingKey& key, ByteView parameters) {
  return crypto::derive<WrappingKeyTag>(key, "latchkey/v1/vault/kernel-keyring", parameters);
}

class KernelKeyringKeyStore final : public KeyStore {
 public:
  explicit KernelKeyringKeyStore(KernelKeyringOptions options) : options_(options) {}

  SlotKind kind() const override { return SlotKind::kernel_keyring; }
  SecurityLevel level() const override { return SecurityLevel::software; }
  Portability portability() const override { return Portability::this_device_only; }

  Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    const auto timeout = options_.timeout.count();
    if (timeout < 1 || timeout > std::numeric_limits<unsigned>::max())
      return fail(Code::invalid_argument, "a kernel key lives for a second or more");
    const KeyringEntry place{options_.keyring, crypto::random_array<key_id_size>()};
    const auto kept = crypto::random_secret<WrappingKeyTag>(key_size);
    Bytes parameters = print(place);
    TRY(Bytes sealed, wrap_slot_key(bound_to_place(kept, parameters), kind(), binding, key));
    TRY_DO(add_key(place, kept, options_.timeout));
    return WrappedKey{std::move(parameters), std::move(sealed)};
  }

  Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) override {
    if (prompt.stop.stop_requested()) return fail(Code::cancelled);
    TRY(const KeyringEntry place, parse(wrapped.parameters));
    TRY(const KeySerial serial, find_key(place));
    TRY(const WrappingKey kept, read_key(serial));
    return unwrap_slot_key(bound_to_place(kept, wrapped.parameters), kind(), binding, wrapped.sealed);
  }

  Status probe(const WrappedKey& wrapped) override {
    TRY(const KeyringEntry place, parse(wrapped.parameters));
    TRY_DO(find_key(place));
    return {};
  }

  Status forget(const WrappedKey& wrapped) override {
    TRY(const KeyringEntry place, parse(wrapped.parameters));
    const auto serial = find_key(place);
    if (!serial && serial.error().code == Code::key_missing) return {};
    if (!serial) return tl::unexpected(serial.error());
    return invalidate(*serial);
  }

 private:
  KernelKeyringOptions options_;
};

}  // namespace

std::unique_ptr<KeyStore> make_kernel_keyring_key_store(KernelKeyringOptions options) {
  return std::make_unique<KernelKeyringKeyStore>(options);
}

}  // namespace latchkey::vault
