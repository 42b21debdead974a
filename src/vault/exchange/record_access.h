// Records with all their attributes, in and out of a vault.
#pragma once

#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

struct StoredRecord {
  ExchangedRecord record;
  std::uint64_t sequence = 0;
};

// Nothing when there is none of that name. Fails: as Vault::get.
Result<std::optional<StoredRecord>> find_stored(Vault& vault, std::string_view name);

// Fails: unsupported (an attribute this vault cannot keep).
Result<Change> make_change(const ExchangedRecord& record, std::uint64_t expected_sequence);

// The same value, of the same kind, with the same attributes; values in constant time.
bool is_same(const ExchangedRecord& a, const ExchangedRecord& b);

// Hands over every record, a page at a time. Fails: conflict (somebody changed the vault meanwhile), what `use` fails
// with, and as Vault::get.
Status for_each_stored(Vault& vault, const std::function<Status(const ExchangedRecord&)>& use);

}  // namespace latchkey::vault
