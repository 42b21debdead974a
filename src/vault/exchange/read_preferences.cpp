#include "vault/exchange/read_preferences.h"

#include <algorithm>

#include "protocol/limits/vault.h"
#include "protocol/utf8.h"
#include "vault/exchange/json_slices.h"

namespace latchkey::vault {
namespace {

constexpr std::string_view prefix = "CapacitorStorage.";
constexpr std::string_view legacy_prefix = "_cap_";

struct PreferenceEntry {
  WipedString name;
  WipedString value;
};

std::size_t prefix_size(std::string_view name) {
  if (name.starts_with(prefix)) return prefix.size();
  return name.starts_with(legacy_prefix) ? legacy_prefix.size() : 0;
}

Result<std::vector<PreferenceEntry>> read_entries(std::string_view text) {
  if (!protocol::utf8::is_valid(text)) return fail(Code::invalid_format, "JSON: not UTF-8");
  std::vector<PreferenceEntry> entries;
  TRY_DO(for_each_member(text, [&](const WipedString& name, std::string_view value) -> Status {
    if (entries.size() == protocol::limits::exchanged_records)
      return fail(Code::input_too_large, "more than 1,000,000 records");
    TRY(WipedString content, parse_json_string(value));
    entries.push_back({name, std::move(content)});
    return {};
  }));
  return entries;
}

ExchangedRecord make_record(const PreferenceEntry& entry) {
  ExchangedRecord record;
  record.name = std::string_view(entry.name).substr(prefix_size(entry.name));
  record.value = RecordValue::copy_of(std::string_view(entry.value));
  return record;
}

// The same preference under the old prefix and the new.
void drop_agreeing(ExchangedRecords& records) {
  const auto before = [](const ExchangedRecord& a, const ExchangedRecord& b) { return a.name < b.name; };
  const auto agree = [](const ExchangedRecord& a, const ExchangedRecord& b) {
    return a.name == b.name && a.value.reveal_text() == b.value.reveal_text();
  };
  std::sort(records.begin(), records.end(), before);
  records.erase(std::unique(records.begin(), records.end(), agree), records.end());
}

bool names_are_unique(std::vector<PreferenceEntry>& entries) {
  std::sort(entries.begin(), entries.end(),
            [](const PreferenceEntry& a, const PreferenceEntry& b) { return a.name < b.name; });
  const auto same = [](const PreferenceEntry& a, const PreferenceEntry& b) { return a.name == b.name; };
  return std::adjacent_find(entries.begin(), entries.end(), same) == entries.end();
}

}  // namespace

Result<PreferencesSource> read_preferences(std::string_view text) {
  TRY(std::vector<PreferenceEntry> entries, read_entries(text));
  if (!names_are_unique(entries)) return fail(Code::invalid_format, "JSON: a member name is used twice");
  const bool is_prefixed = std::any_of(entries.begin(), entries.end(),
                                       [](const PreferenceEntry& entry) { return prefix_size(entry.name) != 0; });
  PreferencesSource source;
  for (const PreferenceEntry& entry : entries) {
    if (is_prefixed && prefix_size(entry.name) == 0)
      ++source.others;
    else
      source.records.push_back(make_record(entry));
  }
  drop_agreeing(source.records);
  TRY_DO(check_records(source.records));
  return source;
}

bool has_preferences_prefix(std::string_view text) {
  bool found = false;
  const Status read = for_each_member(text, [&](const WipedString& name, std::string_view) -> Status {
    found = found || prefix_size(name) != 0;
    return {};
  });
  return read && found;
}

}  // namespace latchkey::vault
