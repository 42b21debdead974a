// Puts records from elsewhere into a vault: all of them or none.
#pragma once

#include "vault/exchange/record_access.h"

namespace latchkey::vault {

// What happens to a name that the vault has with another value, kind or attribute.
enum class ConflictPolicy { fail, replace, keep_existing };

enum class ImportOutcome {
  added,
  replaced,
  unchanged,  // the vault had the very same
  kept,       // the vault had another, which stays
  conflict,   // the vault has another, and the policy is to fail
};
std::string_view name_of(ImportOutcome outcome);

struct ImportedRecord {
  std::string name;
  ImportOutcome outcome;
};
using ImportOutcomes = std::vector<ImportedRecord>;

// What import_records would do now; changes nothing. Fails: as Vault::get.
Result<ImportOutcomes> plan_import(const RecordAccess& into, std::span<const ExchangedRecord> records,
                                   ConflictPolicy policy);

// One atomic write. Repeating it is harmless. Fails: conflict (nothing was written: names that conflict under
// ConflictPolicy::fail, or the vault is being changed all the time), reauthentication_required (a name is there already
// and asks every time), invalid_format, input_too_large, and as Vault::apply.
Result<ImportOutcomes> import_records(const RecordAccess& into, std::span<const ExchangedRecord> records,
                                      ConflictPolicy policy);

// Whether the vault now holds every one of them, read back and compared in constant time. Fails: as Vault::get.
Result<bool> holds_records(const RecordAccess& into, std::span<const ExchangedRecord> records);

}  // namespace latchkey::vault
