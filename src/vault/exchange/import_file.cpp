#include "vault/exchange/import_file.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/registers.h"
#include "protocol/limits/vault.h"
#include "vault/exchange/export_format.h"
#include "vault/exchange/json_slices.h"
#include "vault/exchange/read_env.h"
#include "vault/exchange/read_json_map.h"
#include "vault/exchange/read_preferences.h"
#include "vault/exchange/source_removal.h"

namespace latchkey::vault {
namespace {

struct FormatName {
  SourceFormat format;
  std::string_view name;
};
constexpr FormatName format_names[] = {{SourceFormat::latchkey, "latchkey"},
                                       {SourceFormat::capacitor_preferences, "capacitor-preferences"},
                                       {SourceFormat::identity_vault, "identity-vault"},
                                       {SourceFormat::json, "json"},
                                       {SourceFormat::env, "env"}};

bool is_env_name(const std::string& name) {
  return name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
}

ImportStep step_of(RemovalStep step) {
  switch (step) {
    case RemovalStep::renamed:
      return ImportStep::renamed;
    case RemovalStep::overwritten:
      return ImportStep::overwritten;
    case RemovalStep::unlinked:
      return ImportStep::unlinked;
  }
  return ImportStep::unlinked;
}

// Everything in the source is in the vault, or the source stays.
Result<std::string_view> find_reason_to_keep(const RecordAccess& into, const SourceRecords& source,
                                             const ImportOutcomes& outcomes) {
  if (source.left_out != 0) return "it holds entries that are not records";
  if (std::ranges::find(outcomes, ImportOutcome::kept, &ImportedRecord::outcome) != outcomes.end())
    return "the vault keeps another value for one of its names";
  TRY(const bool holds, holds_records(into, source.records));
  return holds ? std::string_view() : "a record does not read back as it was written";
}

class Work final {
 public:
  Work(Vault& vault, const std::filesystem::path& path, const FileImport& import)
      : into_(vault), path_(path), import_(import) {}

  Result<FileImportReport> run() {
    FileImportReport report;
    TRY(const bool was_ended, end_earlier_removal());
    const auto contents = read_file(path_, protocol::limits::export_bytes);
    if (was_ended && !contents && contents.error().code == Code::not_found) {
      report.is_source_removed = true;
      return report;
    }
    if (!contents) return tl::unexpected(contents.error());
    return import_contents(*contents, report);
  }

 private:
  void note(ImportStep step) const {
    if (import_.on_step) import_.on_step(step);
  }
  OnRemovalStep note_removal() const {
    return [this](RemovalStep step) { note(step_of(step)); };
  }

  Result<bool> end_earlier_removal() const {
    if (import_.after == SourceAfter::keep) return false;
    return finish_removal(path_, note_removal());
  }

  Result<FileImportReport> import_contents(ByteView contents, FileImportReport& report) {
    report.format = import_.format;
    if (!report.format) {
      TRY(report.format, detect_format(contents, path_));
    }
    TRY(const SourceRecords source, read_source(contents, *report.format, import_.keys));
    report.left_out = source.left_out;
    note(ImportStep::read);
    auto outcomes = import_records(into_, source.records, import_.policy);
    if (!outcomes) return tl::unexpected(told(outcomes.error(), source));
    report.outcomes = *std::move(outcomes);
    note(ImportStep::written);
    if (import_.after == SourceAfter::keep) return std::move(report);
    TRY(report.why_kept, find_reason_to_keep(into_, source, report.outcomes));
    note(ImportStep::verified);
    if (!report.why_kept.empty()) return std::move(report);
    TRY_DO(remove_source(path_, contents, note_removal()));
    report.is_source_removed = true;
    return std::move(report);
  }

  Error told(const Error& error, const SourceRecords& source) const {
    if (error.code != Code::conflict || !import_.on_conflict) return error;
    if (const auto plan = plan_import(into_, source.records, import_.policy)) import_.on_conflict(*plan);
    return error;
  }

  RecordAccess into_;
  const std::filesystem::path& path_;
  const FileImport& import_;
};

}  // namespace

std::string_view name_of(SourceFormat format) {
  return std::ranges::find(format_names, format, &FormatName::format)->name;
}

Result<SourceFormat> parse_source_format(std::string_view name) {
  const auto* const found = std::ranges::find(format_names, name, &FormatName::name);
  if (found == std::end(format_names))
    return fail(Code::invalid_argument, "formats: latchkey, capacitor-preferences, identity-vault, json, env");
  return found->format;
}

Result<SourceFormat> detect_format(ByteView contents, const std::filesystem::path& path) {
  if (age::looks_like_age(contents)) return SourceFormat::latchkey;
  if (looks_like_json_object(as_text(contents)))
    return has_preferences_prefix(as_text(contents)) ? SourceFormat::capacitor_preferences : SourceFormat::json;
  if (is_env_name(path.filename().string())) return SourceFormat::env;
  return fail(Code::invalid_format, "its format cannot be told; name it");
}

Result<SourceRecords> read_source(ByteView contents, SourceFormat format, const age::Keys& keys) {
  if (format == SourceFormat::latchkey) {
    TRY(const WipedBytes plaintext, age::open_file(contents, keys));
    TRY(ExportDocument document, parse_export(as_text(plaintext)));
    return SourceRecords{std::move(document.records)};
  }
  if (contents.size() > protocol::limits::text_source_bytes) return fail(Code::input_too_large, "more than 64 MiB");
  if (format == SourceFormat::capacitor_preferences) {
    TRY(PreferencesSource source, read_preferences(as_text(contents)));
    return SourceRecords{std::move(source.records), source.others};
  }
  TRY(ExchangedRecords records,
      format == SourceFormat::env ? read_env(as_text(contents)) : read_json_map(as_text(contents)));
  return SourceRecords{std::move(records)};
}

Result<FileImportReport> import_file(Vault& vault, const std::filesystem::path& path, const FileImport& import) {
  const VectorRegisterGuard no_copies_in_registers;
  return Work(vault, path, import).run();
}

}  // namespace latchkey::vault
