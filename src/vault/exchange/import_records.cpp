#include "vault/exchange/import_records.h"

#include <algorithm>
namespace latchkey::vault {
namespace {

constexpr int max_attempts = 5;  // others may write at the same time

struct Plan {
  ImportOutcomes outcomes;
  std::vector<Change> changes;
};

ImportOutcome decide(const std::optional<StoredRecord>& stored, const ExchangedRecord& record, ConflictPolicy policy) {
  if (!stored) return ImportOutcome::added;
  if (is_same(stored->record, record)) return ImportOutcome::unchanged;
  switch (policy) {
    case ConflictPolicy::fail:
      return ImportOutcome::conflict;
    case ConflictPolicy::replace:
      return ImportOutcome::replaced;
    case ConflictPolicy::keep_existing:
      return ImportOutcome::kept;
  }
  return ImportOutcome::conflict;
}

// Every change says which state of its record it was decided on.
Result<Plan> make_plan(const RecordAccess& into, std::span<const ExchangedRecord> records, ConflictPolicy policy) {
  Plan plan;
  for (const ExchangedRecord& record : records) {
    TRY(const auto stored, into.find(record.name));
    const ImportOutcome outcome = decide(stored, record, policy);
    plan.outcomes.push_back({record.name, outcome});
    if (outcome != ImportOutcome::added && outcome != ImportOutcome::replaced) continue;
    plan.changes.push_back(make_change(record, stored ? stored->sequence : 0));
  }
  return plan;
}

Status check_conflicts(const ImportOutcomes& outcomes) {
  const auto conflicts = std::ranges::count(outcomes, ImportOutcome::conflict, &ImportedRecord::outcome);
  if (conflicts == 0) return {};
  return fail(Code::conflict, std::to_string(conflicts) + " names have another value already; nothing was imported");
}

}  // namespace

std::string_view name_of(ImportOutcome outcome) {
  switch (outcome) {
    case ImportOutcome::added:
      return "added";
    case ImportOutcome::replaced:
      return "replaced";
    case ImportOutcome::unchanged:
      return "unchanged";
    case ImportOutcome::kept:
      return "kept";
    case ImportOutcome::conflict:
      return "conflict";
  }
  return "unknown";
}

Result<ImportOutcomes> plan_import(const RecordAccess& into, std::span<const ExchangedRecord> records,
                                   ConflictPolicy policy) {
  TRY(Plan plan, make_plan(into, records, policy));
  return std::move(plan.outcomes);
}

Result<ImportOutcomes> import_records(const RecordAccess& into, std::span<const ExchangedRecord> records,
                                      ConflictPolicy policy) {
  TRY_DO(check_records(records));
  for (int attempt = 1;; ++attempt) {
    TRY(Plan plan, make_plan(into, records, policy));
    TRY_DO(check_conflicts(plan.outcomes));
    const Status applied = plan.changes.empty() ? Status() : into.vault().apply(plan.changes);
    if (applied) return std::move(plan.outcomes);
    if (applied.error().code != Code::conflict || attempt == max_attempts) return tl::unexpected(applied.error());
  }
}

Result<bool> holds_records(const RecordAccess& into, std::span<const ExchangedRecord> records) {
  for (const ExchangedRecord& record : records) {
    TRY(const auto stored, into.find(record.name));
    if (!stored || !is_same(stored->record, record)) return false;
  }
  return true;
}

}  // namespace latchkey::vault
