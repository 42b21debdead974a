// One record: its attributes, as the index keeps them, and its value, sealed. The seal binds the vault, the generation,
// the name and the write: a value that is renamed, swapped with another or put back from an older state does not open.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "base/time.h"
#include "vault/keyring.h"
#include "vault/vault.h"

namespace latchkey::vault {

struct RecordAttributes {
  RecordKind kind = RecordKind::bytes;
  bool is_ask_every_time = false;  // reading it takes a fresh authentication
  Instant written_at{};
  std::optional<Instant> expires_at;

  bool is_expired(Instant now) const { return expires_at && *expires_at <= now; }
  friend bool operator==(const RecordAttributes&, const RecordAttributes&) = default;
};

// Which write a value is of.
struct ValuePlace {
  std::string_view name;
  std::uint64_t part;
  std::uint64_t sequence;
};

// Fails: invalid_argument (a name empty, too long or not UTF-8).
Status check_name(std::string_view name);

// nonce(12) | ciphertext | tag(16). Associated data: "latchkey/v1/vault/value" | vault(16) | generation(4) | part(8) |
// sequence(8) | name. Fails: input_too_large.
Result<Bytes> seal_value(const Keyring& keys, ByteView value, const ValuePlace& place);
// Fails: vault_corrupted (altered, or another's).
Result<RecordValue> open_value(const Keyring& keys, ByteView sealed, const ValuePlace& place);

}  // namespace latchkey::vault
