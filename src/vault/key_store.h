// Key stores hold, or derive, a key that never enters the vault file, and wrap a slot's key with it. One slot of the
// vault is one wrap by one store; the slots are independent of each other. The data key of each generation is sealed to
// every slot's public key (slot_seal.h), so that rotating it asks nobody.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace latchkey::vault {

using SlotKey = Secret<struct SlotKeyTag>;            // the private X25519 key of one slot, 32 bytes
using Passcode = Secret<struct PasscodeTag>;          // what the user types: a passcode, a PIN, a recovery code
using RecoveryCode = Secret<struct RecoveryCodeTag>;  // text, for the user to write down

inline constexpr std::size_t slot_key_size = 32;
using VaultId = ByteArray<16>;

// Numbers are part of the file format (docs/formats/vault-v1.md). Kinds without an adapter on this machine keep their
// number: such a slot is listed, and answers `unsupported`.
enum class SlotKind : std::uint8_t {
  passcode = 1,
  secret_service = 2,
  tpm2 = 3,
  pkcs11 = 4,
  recovery_code = 5,
  kernel_keyring = 6,
  in_memory = 7,
  dpapi = 8,
  android_keystore = 9,
  apple_keychain = 10,
  passkey_prf = 11,
};
std::string_view name_of(SlotKind kind);
// Whether a slot of this kind has a key in its store that stays there until it is removed.
constexpr bool keeps_key_apart(SlotKind kind) {
  return kind == SlotKind::secret_service || kind == SlotKind::pkcs11 || kind == SlotKind::android_keystore ||
         kind == SlotKind::apple_keychain;
}
// Whether keys of this kind are made to go by themselves (they expire, they end with the login session). Such a slot is
// a shortcut, never a way in to rely on: it does not count as one, and its key_missing says nothing about the vault.
constexpr bool is_ephemeral(SlotKind kind) { return kind == SlotKind::kernel_keyring; }
Result<SlotKind> parse_slot_kind(std::string_view name);

// How hard the wrapping key is to take away from the device. Ordered.
enum class SecurityLevel : std::uint8_t {
  software = 1,           // another process of the same user, or a copy of the file plus guessing, can reach it
  trusted_hardware = 2,   // a trusted execution environment on the main processor
  separate_hardware = 3,  // a chip of its own: TPM, StrongBox, Secure Enclave, token
};
std::string_view name_of(SecurityLevel level);

// Whether a wrapped key can be opened on another device (a passcode can; a keyring entry cannot).
enum class Portability : std::uint8_t { this_device_only, portable };

// What the user is to type. The last is the password they sign in to this machine with, which is not the vault's: say
// so where it is asked for.
enum class PasscodeAsk { enter, choose_new, device_password };

// How a store tells of a key that it makes outside of the vault's file (keeps_key_apart), so that none is left that
// nobody knows when the program is killed.
struct KeyNotice {
  // Before it is made; the parameters are what forget() finds it by. If it fails, no key is made.
  std::function<Status(SlotKind, ByteView parameters)> about_to_make = {};
  std::function<void()> unmade = {};  // it came to nothing, and is not there any more
};

// What a store may need from the user and the caller while it works. The reason is shown by the store's own dialog and
// comes from the app, never from remote content. `ask_passcode` runs on the calling thread; unset means that nobody can
// be asked (user_cancelled).
struct Prompt {
  std::string reason;
  std::function<Result<Passcode>(PasscodeAsk)> ask_passcode;
  // Shows a new recovery code, once, and returns when the user has written it down. Unset: invalid_argument, for a code
  // that nobody saw opens nothing.
  std::function<Status(const RecoveryCode&)> show_recovery_code = {};
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::stop_token stop;
  KeyNotice key_notice = {};  // the vault's own
};

// Ties a wrap to its place: a slot moved to another vault or number does not open.
struct SlotBinding {
  VaultId vault;
  std::uint32_t slot;
};
// The associated data of a wrap: "latchkey/v1/vault/slot" | kind | vault(16) | slot(4).
Bytes print_binding(SlotKind kind, const SlotBinding& binding);

// What the vault file keeps of a slot. Untrusted when read: a store checks the parameters before it uses them.
struct WrappedKey {
  Bytes parameters;  // the store's own: where its key is, or how to derive it; not secret
  Bytes sealed;      // the slot's key under the store's; of software stores nonce(12) | ciphertext(32) | tag(16)

  friend bool operator==(const WrappedKey&, const WrappedKey&) = default;
};

// Wraps slot keys with a key that is not in the vault file. Thread-safe; may block up to prompt.timeout. Fails:
// user_cancelled, cancelled, key_missing (gone for good), key_invalidated, temporarily_unavailable (nothing is lost,
// try again), locked_out, unsupported, and as below. Never replaces a key it cannot read.
class KeyStore {
 public:
  virtual ~KeyStore() = default;
  virtual SlotKind kind() const = 0;
  virtual SecurityLevel level() const = 0;
  virtual Portability portability() const = 0;

  // Tells of a key that is to stay in it (KeyNotice).
  virtual Result<WrappedKey> wrap(const SlotKey& key, const SlotBinding& binding, const Prompt& prompt) = 0;
  // Fails also: wrong_passcode (a store that asks for one cannot tell a wrong one from an altered wrap),
  // authentication_failed (altered, or another slot's), vault_corrupted (parameters out of bounds).
  virtual Result<SlotKey> unwrap(const WrappedKey& wrapped, const SlotBinding& binding, const Prompt& prompt) = 0;
  // Whether the key is still there, asking nobody. ok: unwrap can be tried.
  virtual Status probe(const WrappedKey& wrapped) = 0;
  // Removes what this store keeps for that one wrap, and nothing else. Gone already is ok, locked or away is not. The
  // parameters are enough; those of a KeyNotice, too.
  virtual Status forget(const WrappedKey& wrapped) = 0;
  // Whether this wrap may stop to open for reasons that are nobody's fault (a TPM that watches the boot: a firmware
  // update). A vault keeps a portable slot beside it, from the beginning to the end.
  virtual bool needs_recovery_slot(const WrappedKey& /*wrapped*/) const { return false; }
  // Whether this wrap opens with a passcode or PIN only, that this vault's user chose or was given.
  virtual bool asks_for_passcode(const WrappedKey& /*wrapped*/) const { return false; }
};

}  // namespace latchkey::vault
