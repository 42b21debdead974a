// Records with all their attributes, in and out of a vault.
#pragma once

#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

struct StoredRecord {
  ExchangedRecord record;
  std::uint64_t sequence = 0;
};

// Reads for an export or import as a whole: the first record that asks every time uses up the authentication of the
// vault, the others follow with it. Not thread-safe. The vault outlives it.
class RecordAccess final {
 public:
  RecordAccess(Vault& vault) : vault_(vault) {}  // NOLINT(google-explicit-constructor): a vault will do

  Vault& vault() const { return vault_; }
  // Nothing when there is none of that name. Fails: reauthentication_required, and as Vault::get.
  Result<std::optional<StoredRecord>> find(std::string_view name) const;
  // Hands over every record, a page at a time. Fails: conflict (somebody changed the vault meanwhile), what `use` fails
  // with, reauthentication_required, and as Vault::get.
  Status for_each(const std::function<Status(const ExchangedRecord&)>& use) const;

 private:
  Result<RecordValue> get_value(const RecordInfo& info) const;
  Result<ExchangedRecord> get_record(const RecordInfo& info) const;

  Vault& vault_;
  mutable std::optional<ReadWindow> window_;
};

Change make_change(const ExchangedRecord& record, std::uint64_t expected_sequence);

// The same value, of the same kind, with the same attributes; values in constant time.
bool is_same(const ExchangedRecord& a, const ExchangedRecord& b);

}  // namespace latchkey::vault
