#include "vault/exchange/exchanged_record.h"

#include <unordered_set>

#include "protocol/limits/vault.h"
#include "vault/record.h"

namespace latchkey::vault {

Status check_records(std::span<const ExchangedRecord> records) {
  if (records.size() > protocol::limits::exchanged_records)
    return fail(Code::input_too_large, "more than 1,000,000 records");
  std::unordered_set<std::string_view> names;
  names.reserve(records.size());
  for (const ExchangedRecord& record : records) {
    const std::string number = "record " + std::to_string(names.size() + 1);
    if (!check_name(record.name)) return fail(Code::invalid_format, number + ": a name has 1 to 255 bytes of UTF-8");
    if (record.value.size() > protocol::limits::record_value_bytes)
      return fail(Code::input_too_large, number + ": a value has at most 1 MiB");
    if (!names.insert(record.name).second) return fail(Code::invalid_format, number + ": its name is there twice");
  }
  return {};
}

}  // namespace latchkey::vault
