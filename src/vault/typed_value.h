// Values of the kinds a record can have: what a text, a JSON document and a date are, byte for byte. The vault itself
// keeps any bytes under any kind; who reads a kind reads it through here.
#pragma once

#include "base/time.h"
#include "vault/vault.h"

namespace latchkey::vault {

// bytes: anything. text: UTF-8 without NUL. json: one document (RFC 8259), nested at most 64 deep, with at most
// 100,000 members and elements. date: as below.
// Fails: invalid_format.
Status check_value(RecordKind kind, ByteView value);

// A date is a point of time: `2026-11-21T08:00:00.000Z`, UTC in milliseconds, as JavaScript's toISOString writes it.
// Years 0000 to 9999.
inline constexpr std::size_t date_size = 24;

// Fails: invalid_argument (a year beyond these).
Result<RecordValue> make_date_value(Instant at);
// Strict: one form per date. Fails: invalid_format.
Result<Instant> parse_date_value(ByteView value);

// As Vault::set() with the kind, when the value is of it. Fails also: invalid_format.
Status set_typed(Vault& vault, std::string_view name, const RecordValue& value, RecordOptions options);
// As Vault::get(). Fails also: invalid_format (a record of another kind, or one whose value is not of its kind).
Result<RecordValue> get_typed(Vault& vault, std::string_view name, RecordKind kind);

}  // namespace latchkey::vault
