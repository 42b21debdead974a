// One record, sealed: its head (name and attributes) and its value apart, so that listing names opens no value. Both
// are bound to the vault, the generation, the name's index and the sequence of the write: a record that is renamed,
// swapped with another or put back from an older state does not open.
#pragma once

#include <string>

#include "base/secret.h"
#include "base/time.h"
#include "vault/keyring.h"
#include "vault/vault.h"

namespace latchkey::vault {

inline constexpr std::size_t max_name_size = 255;
inline constexpr std::size_t max_value_size = std::size_t{1} << 20;

struct RecordHead {
  RecordKind kind = RecordKind::bytes;
  Instant written_at{};
  WipedString name;
};

// The plaintext of a head: version(1) | kind(1) | flags(1) | written at(8) | expires at(8) | name. Fails:
// vault_corrupted, future_version.
WipedBytes print_record_head(const RecordHead& head);
Result<RecordHead> parse_record_head(ByteView bytes);

// Fails: invalid_argument (a name empty, too long or not UTF-8), input_too_large (value).
Status check_name(std::string_view name);
Result<SealedRecord> seal_record(const Keyring& keys, const RecordHead& head, ByteView value, std::uint64_t sequence);

// Fail: vault_corrupted (altered, or in another's place), future_version.
Result<RecordHead> open_record_head(const Keyring& keys, const SealedRecord& record);
Result<RecordValue> open_record_value(const Keyring& keys, const SealedRecord& record);

}  // namespace latchkey::vault
