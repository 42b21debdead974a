// The keys of a release's objects. Every object has a file key of its own, and the descriptor carries it wrapped: under
// content keys, which ship in native builds and rotate by wrapping under two, and for single devices' X25519 keys.
// Formats: docs/formats/release-v1.md.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/key_agreement.h"
#include "protocol/release/tree.h"

namespace latchkey::protocol::release {

using FileKey = Secret<struct FileKeyTag>;        // 32 bytes, one per object
using ContentKey = Secret<struct ContentKeyTag>;  // 32 bytes, one per app (or private channel) and epoch
using KeyId = ByteArray<8>;

FileKey make_file_key();
ContentKey make_content_key();

// Derived from the key itself, so that a key under a wrong name is noticed. Aborts unless it has 32 bytes.
KeyId id_of(const ContentKey& key);
// The first 8 bytes of SHA256("latchkey recipient v1\0" | public key).
KeyId id_of(const crypto::X25519Public& recipient);

// What a wrapped key is good for. It opens in this place only.
struct KeyPurpose {
  std::string_view app;
  TreeRoot base{};  // zeroes for a full object
  TreeRoot target{};
};

inline constexpr std::size_t wrapped_key_size = 60;  // nonce(12) | ciphertext(32) | tag(16)

struct KeyForContent {
  KeyId content_key{};
  ByteArray<wrapped_key_size> wrapped{};
  friend bool operator==(const KeyForContent&, const KeyForContent&) = default;
};
struct KeyForRecipient {
  KeyId recipient{};
  crypto::X25519Public ephemeral{};
  ByteArray<wrapped_key_size> wrapped{};
  friend bool operator==(const KeyForRecipient&, const KeyForRecipient&) = default;
};
using WrappedKey = std::variant<KeyForContent, KeyForRecipient>;

// ChaCha20-Poly1305 under HKDF(content key, "latchkey file key v1", purpose).
Result<WrappedKey> wrap_file_key(const FileKey& file_key, const ContentKey& key, const KeyPurpose& purpose);
// A fresh X25519 key; then as above under HKDF(shared secret, "latchkey file key v1 x25519", both public keys |
// purpose). Fails: invalid_argument (a recipient of low order).
Result<WrappedKey> wrap_file_key(const FileKey& file_key, const crypto::X25519Public& recipient,
                                 const KeyPurpose& purpose);

// What a device can open wrapped keys with.
struct KeyRing {
  std::vector<ContentKey> content_keys;
  std::optional<crypto::X25519Key> recipient;
};

// The file key, by the first of `wrapped` the ring has the key for. Fails: key_missing (none is for us),
// authentication_failed (one is, and it was altered or belongs to another object).
Result<FileKey> unwrap_file_key(std::span<const WrappedKey> wrapped, const KeyRing& ring, const KeyPurpose& purpose);

}  // namespace latchkey::protocol::release
