// A file from elsewhere into a vault: read, write, verify, and only then, if asked to, delete. Stopped between any two
// steps, the next call carries on, and the records are in the file, in the vault, or in both.
#pragma once

#include <filesystem>

#include "vault/exchange/age/file.h"
#include "vault/exchange/import_records.h"

namespace latchkey::vault {

enum class SourceFormat { latchkey, capacitor_preferences, identity_vault, json, env };
std::string_view name_of(SourceFormat format);
Result<SourceFormat> parse_source_format(std::string_view name);  // Fails: invalid_argument

// An age file is ours; a JSON object is one of preferences when a key has their prefix; a file called ".env",
// ".env.<anything>" or "<anything>.env" is one. Fails: invalid_format (it could be anything: the caller has to say).
Result<SourceFormat> detect_format(ByteView contents, const std::filesystem::path& path);

struct SourceRecords {
  ExchangedRecords records;
  std::size_t left_out = 0;  // entries of the source that are not records
};
// Fails: invalid_format, future_version, input_too_large, and as age::open_file.
Result<SourceRecords> read_source(ByteView contents, SourceFormat format, const age::Keys& keys);

enum class SourceAfter { keep, remove };
enum class ImportStep { read, written, verified, renamed, overwritten, unlinked };

struct FileImport {
  std::optional<SourceFormat> format = std::nullopt;  // nothing: detect_format
  ConflictPolicy policy = ConflictPolicy::fail;
  SourceAfter after = SourceAfter::keep;
  age::Keys keys = {};
  // Before it fails because names conflict: what would have happened to each record.
  std::function<void(const ImportOutcomes&)> on_conflict = {};
  std::function<void(ImportStep)> on_step = {};  // after each one
};

struct FileImportReport {
  std::optional<SourceFormat> format;  // nothing: an earlier call had imported it, and this one ended the removal
  ImportOutcomes outcomes;
  std::size_t left_out = 0;
  bool is_source_removed = false;
  // Why not, although asked for: a record that was kept, an entry that is none, or a record that reads back otherwise.
  // The source is then untouched.
  std::string_view why_kept;
};

// Fails: as read_source, import_records, and remove_source (then the records are in the vault, and the source is where
// it was or is a removal for the next call to end).
Result<FileImportReport> import_file(Vault& vault, const std::filesystem::path& path, const FileImport& import);

}  // namespace latchkey::vault
