#include "bindings/c/handles.h"
#include "vault/exchange/export_vault.h"
#include "vault/exchange/import_file.h"

namespace latchkey::c {
namespace {

namespace age = vault::age;
using vault::FileImport;
using vault::SourceFormat;

Result<vault::ExportLock> to_export_lock(const lk_export_options& given) {
  vault::ExportLock lock;
  TRY_DO(refuse_null(given.recipients == nullptr && given.recipient_count != 0, "recipients"));
  TRY_DO(refuse_null(given.passphrase == nullptr && given.passphrase_size != 0, "passphrase"));
  for (std::size_t i = 0; i < given.recipient_count; ++i) {
    TRY_DO(refuse_null(given.recipients[i] == nullptr, "recipients"));
    TRY(const age::Recipient recipient, age::parse_recipient(given.recipients[i]));
    lock.recipients.push_back(recipient);
  }
  lock.passphrase =
      age::Passphrase::copy_of(ByteView(static_cast<const std::uint8_t*>(given.passphrase), given.passphrase_size));
  if (given.is_armored != 0) lock.encoding = age::Encoding::armor;
  if (given.work_factor != 0) lock.work_factor = given.work_factor;
  return lock;
}

Result<std::optional<SourceFormat>> to_source_format(std::int32_t format) {
  switch (format) {
    case LK_SOURCE_DETECT:
      return std::nullopt;
    case LK_SOURCE_LATCHKEY:
      return SourceFormat::latchkey;
    case LK_SOURCE_CAPACITOR_PREFERENCES:
      return SourceFormat::capacitor_preferences;
    case LK_SOURCE_IDENTITY_VAULT:
      return SourceFormat::identity_vault;
    case LK_SOURCE_JSON:
      return SourceFormat::json;
    case LK_SOURCE_ENV:
      return SourceFormat::env;
    default:
      return fail(Code::invalid_argument, "format");
  }
}

std::int32_t from_source_format(const std::optional<SourceFormat>& format) {
  return format ? static_cast<std::int32_t>(*format) + LK_SOURCE_LATCHKEY : LK_SOURCE_DETECT;
}
static_assert(static_cast<int>(SourceFormat::env) + LK_SOURCE_LATCHKEY == LK_SOURCE_ENV);
static_assert(static_cast<int>(vault::ImportOutcome::conflict) == LK_OUTCOME_CONFLICT);
static_assert(static_cast<int>(vault::ConflictPolicy::keep_existing) == LK_CONFLICT_KEEP);

void tell_outcomes(const lk_import_options& given, const vault::ImportOutcomes& outcomes) {
  if (given.on_outcome == nullptr) return;
  for (const auto& record : outcomes)
    given.on_outcome(given.user_data, record.name.c_str(), static_cast<std::int32_t>(record.outcome));
}

Result<FileImport> to_file_import(const lk_import_options& given) {
  FileImport import;
  TRY(import.format, to_source_format(given.format));
  if (given.on_conflict < LK_CONFLICT_FAIL || given.on_conflict > LK_CONFLICT_KEEP)
    return fail(Code::invalid_argument, "on_conflict");
  import.policy = static_cast<vault::ConflictPolicy>(given.on_conflict);
  import.after = given.is_source_removed != 0 ? vault::SourceAfter::remove : vault::SourceAfter::keep;
  if (given.identities != nullptr) {
    TRY(import.keys.identities, age::parse_identity_file(given.identities));
  }
  if (given.ask_passphrase != nullptr)
    import.keys.ask_passphrase = [given] {
      return ask_secret<age::Passphrase>([&](std::uint8_t* buffer, std::size_t capacity, std::size_t* size) {
        return given.ask_passphrase(given.user_data, buffer, capacity, size);
      });
    };
  import.on_conflict = [given](const vault::ImportOutcomes& outcomes) { tell_outcomes(given, outcomes); };
  return import;
}

lk_import_report from_report(const vault::FileImportReport& report) {
  lk_import_report made{};
  made.format = from_source_format(report.format);
  made.records = report.outcomes.size();
  made.left_out = report.left_out;
  made.is_source_removed = report.is_source_removed ? 1 : 0;
  return made;
}

}  // namespace
}  // namespace latchkey::c

using namespace latchkey;

int32_t lk_vault_export(lk_vault* vault, const char* path, const lk_export_options* options, uint64_t* count) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(path == nullptr || options == nullptr, "path"));
    TRY(const lk_export_options given, c::read_struct(options));
    TRY(const auto lock, c::to_export_lock(given));
    TRY(const std::uint64_t exported, vault::export_to_file(opened, lock, vault->clock.now(), path));
    if (count != nullptr) *count = exported;
    return {};
  });
}

int32_t lk_vault_import(lk_vault* vault, const char* path, const lk_import_options* options, lk_import_report* report) {
  return c::with_vault(vault, [&](vault::Vault& opened) -> Status {
    TRY_DO(c::refuse_null(path == nullptr, "path"));
    TRY(const lk_import_options given, c::read_struct(options));
    TRY(const auto import, c::to_file_import(given));
    TRY(const auto done, vault::import_file(opened, path, import));
    c::tell_outcomes(given, done.outcomes);
    return report == nullptr ? Status() : c::write_struct(report, c::from_report(done));
  });
}
