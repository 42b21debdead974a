// What @capacitor/preferences keeps, as JSON: an object of strings. On the web that is a dump of localStorage
// (`JSON.stringify(localStorage)`), whose keys carry a prefix.
#pragma once

#include "vault/exchange/exchanged_record.h"

namespace latchkey::vault {

struct PreferencesSource {
  ExchangedRecords records;  // by name; texts, under their names without the prefix
  std::size_t others = 0;    // members that are not preferences: localStorage is shared by the whole origin
};

// With keys that begin with "CapacitorStorage." or, as version 1 wrote them, "_cap_", only those are preferences;
// without any, every member is. One name under both prefixes must have one value. Fails: invalid_format,
// input_too_large.
Result<PreferencesSource> read_preferences(std::string_view text);

// Whether a JSON object has a key with one of the prefixes.
bool has_preferences_prefix(std::string_view text);

}  // namespace latchkey::vault
