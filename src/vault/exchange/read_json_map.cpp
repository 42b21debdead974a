#include "vault/exchange/read_json_map.h"

#include "protocol/json.h"
#include "protocol/limits/vault.h"
#include "protocol/utf8.h"
#include "vault/exchange/export_format.h"
#include "vault/exchange/json_slices.h"
#include "vault/record.h"

namespace latchkey::vault {
namespace {

namespace json = protocol::json;

constexpr json::Limits value_limits{.bytes = protocol::limits::record_value_bytes,
                                    .depth = protocol::limits::json_value_depth,
                                    .members = protocol::limits::json_value_members};

Result<ExchangedRecord> read_member(const WipedString& name, std::string_view value) {
  ExchangedRecord record;
  record.name = std::string_view(name);
  if (value.front() == '"') {
    TRY(const WipedString text, parse_json_string(value));
    record.value = RecordValue::copy_of(std::string_view(text));
    return record;
  }
  TRY_DO(json::parse(value, value_limits));
  record.kind = RecordKind::json;
  record.value = RecordValue::copy_of(value);
  return record;
}

}  // namespace

Result<ExchangedRecords> read_json_map(std::string_view text) {
  if (!protocol::utf8::is_valid(text)) return fail(Code::invalid_format, "JSON: not UTF-8");
  ExchangedRecords records;
  TRY_DO(for_each_member(text, [&](const WipedString& name, std::string_view value) -> Status {
    if (records.size() == protocol::limits::exchanged_records)
      return fail(Code::input_too_large, "more than 1,000,000 records");
    TRY(ExchangedRecord record, read_member(name, value));
    if (record.name == "format" && record.value.reveal_text() == export_format_name)
      return fail(Code::invalid_format, "a decrypted export; import the encrypted file");
    records.push_back(std::move(record));
    return {};
  }));
  TRY_DO(check_records(records));
  return records;
}

}  // namespace latchkey::vault
