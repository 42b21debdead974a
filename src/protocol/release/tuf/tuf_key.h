// Public keys in TUF metadata (TUF 1.0.34 section 4.2): ed25519 (64 digits of hex) and ecdsa-sha2-nistp256 (PEM, with
// signatures in DER). A key's id is the SHA-256 of its canonical form, always: what a file calls it is checked.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/strong.h"
#include "crypto/signature.h"
#include "protocol/json.h"

namespace latchkey::protocol::tuf {

using KeyId = Strong<struct TufKeyIdTag>;  // 64 digits of lower-case hex

// Cheap to copy. Thread-safe.
class TufKey final {
 public:
  // A key object. One of another type or scheme is kept, for its owner's sake, but verifies nothing. Fails:
  // invalid_format (a key of our types that is none).
  static Result<TufKey> from(const json::Value& object);
  // Fails: unsupported (neither ed25519 nor es256).
  static Result<TufKey> of(const crypto::VerifyingKey& key);

  const KeyId& id() const { return id_; }
  // The object as JSON, unknown members and all.
  const std::string& json() const { return json_; }
  // Nothing for keys of other types. What one key is under two ids is found out by this.
  const std::optional<crypto::VerifyingKey>& verifying_key() const { return key_; }

  // Over the canonical form of a `signed` object. Fails: signature_invalid, whatever is wrong with it.
  Status verify(std::string_view canonical_signed, ByteView signature) const;

  friend bool operator==(const TufKey& a, const TufKey& b) { return a.id_ == b.id_; }

 private:
  TufKey(KeyId id, std::string json, std::optional<crypto::VerifyingKey> key);
  KeyId id_;
  std::string json_;
  std::optional<crypto::VerifyingKey> key_;
};

using KeyMap = std::map<KeyId, TufKey>;

// The member `keys` of root metadata or of delegations. Fails: invalid_format (also when an id is not the key's),
// input_too_large.
Result<KeyMap> parse_keys(const json::Value& object);

// What `key` makes of `canonical_signed`, in the form TUF wants: 64 bytes, or DER. Fails: unsupported, crypto_failed.
Result<Bytes> sign(const crypto::SigningKey& key, std::string_view canonical_signed);

}  // namespace latchkey::protocol::tuf
