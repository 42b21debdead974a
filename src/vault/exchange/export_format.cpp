#include "vault/exchange/export_format.h"

#include <algorithm>

#include "base/base64url.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits/vault.h"
#include "protocol/utf8.h"
#include "vault/exchange/json_slices.h"
#include "vault/record.h"

namespace latchkey::vault {
namespace {

namespace json = protocol::json;

constexpr std::int64_t version = 1;
constexpr std::size_t export_piece = std::size_t{64} << 10;
constexpr json::Limits record_limits{.bytes = protocol::limits::export_line_bytes,
                                     .depth = protocol::limits::export_line_depth,
                                     .members = protocol::limits::export_line_members};

struct KindName {
  RecordKind kind;
  std::string_view name;
};
constexpr KindName kind_names[] = {
    {RecordKind::bytes, "bytes"}, {RecordKind::text, "text"}, {RecordKind::json, "json"}, {RecordKind::date, "date"}};

std::string_view print_kind(RecordKind kind) { return std::ranges::find(kind_names, kind, &KindName::kind)->name; }

Result<RecordKind> parse_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kind_names, name, &KindName::name);
  if (found == std::end(kind_names)) return fail(Code::future_version, "export: kind of a record");
  return found->kind;
}

bool is_printed_as_text(const ExchangedRecord& record) {
  return record.kind != RecordKind::bytes && protocol::utf8::is_valid(record.value.reveal_text());
}

Status print_record(json::WipedWriter& writer, const ExchangedRecord& record) {
  writer.begin_object().member("name", record.name).member("kind", print_kind(record.kind));
  if (is_printed_as_text(record)) {
    writer.member("value", record.value.reveal_text());
  } else {
    WipedString encoded;
    encoded.reserve(record.value.size() * 4 / 3 + 4);
    append_base64url(encoded, record.value.reveal());
    writer.member("value_base64url", std::string_view(encoded));
  }
  if (record.expires_at) writer.member("expires_at", to_unix_millis(*record.expires_at));
  if (record.is_ask_every_time) writer.member("ask_every_time", true);
  writer.end_object();
  return {};
}

Result<RecordValue> parse_value(const json::Value& object) {
  TRY(const auto text, json::find_string(object, "value"));
  TRY(const auto encoded, json::find_string(object, "value_base64url"));
  if (text.has_value() == encoded.has_value()) return fail(Code::invalid_format, "export: a record has one value");
  if (text) return RecordValue::copy_of(*text);
  auto value = RecordValue::zeroed(encoded->size() * 3 / 4);
  TRY_DO(parse_base64url_into(*encoded, value.reveal_to_write()));
  return value;
}

Status check_members(const json::Value& object) {
  constexpr std::string_view known[] = {"name", "kind", "value", "value_base64url", "expires_at", "ask_every_time"};
  for (const json::Member& member : *object.to_object())
    if (std::ranges::find(known, std::string_view(member.name)) == std::end(known))
      return fail(Code::future_version, "export: a record has a member this version does not know");
  return {};
}

Result<ExchangedRecord> parse_record(std::string_view text) {
  TRY(const json::Value object, json::parse_object(text, record_limits));
  TRY_DO(check_members(object));
  ExchangedRecord record;
  TRY(const auto name, json::get_string(object, "name"));
  record.name = name;
  TRY(const auto kind, json::get_string(object, "kind"));
  TRY(record.kind, parse_kind(kind));
  TRY(record.value, parse_value(object));
  TRY(const auto expires_at, json::find_integer(object, "expires_at"));
  if (expires_at) record.expires_at = from_unix_millis(*expires_at);
  TRY(const auto ask, json::find_bool(object, "ask_every_time"));
  record.is_ask_every_time = ask.value_or(false);
  return record;
}

// The outermost object, cut into its members.
struct Outline {
  std::string_view format, version, vault, exported_at, records, count;
  bool has_unknown = false;

  Status put(std::string_view name, std::string_view value) {
    std::string_view* const place = name == "format"        ? &format
                                    : name == "version"     ? &version
                                    : name == "vault"       ? &vault
                                    : name == "exported_at" ? &exported_at
                                    : name == "records"     ? &records
                                    : name == "count"       ? &count
                                                            : nullptr;
    if (place == nullptr) {
      has_unknown = true;
      return {};
    }
    if (!place->empty()) return fail(Code::invalid_format, "export: a member is there twice");
    *place = value;
    return {};
  }
};

Result<std::int64_t> parse_integer(std::string_view text) {
  TRY(const json::Value value, json::parse(text));
  const auto number = value.to_integer();
  if (!number || *number < 0) return fail(Code::invalid_format, "export: a number was expected");
  return *number;
}

Result<VaultId> parse_vault_id(std::string_view text) {
  TRY(const WipedString encoded, parse_json_string(text));
  VaultId id{};
  TRY_DO(parse_base64url_into(encoded, id));
  return id;
}

Status check_format(const Outline& outline) {
  const auto format = parse_json_string(outline.format);
  if (!format || std::string_view(*format) != export_format_name) return fail(Code::invalid_format, "not an export");
  TRY(const std::int64_t number, parse_integer(outline.version));
  if (number > version) return fail(Code::future_version, "export");
  return number == version ? Status() : fail(Code::invalid_format, "export: version");
}

Result<ExchangedRecords> parse_records(const Outline& outline) {
  TRY(const std::int64_t count, parse_integer(outline.count));
  if (std::cmp_greater(count, protocol::limits::exchanged_records))
    return fail(Code::input_too_large, "more than 1,000,000 records");
  ExchangedRecords records;
  TRY_DO(for_each_element(outline.records, [&](std::string_view text) -> Status {
    if (std::cmp_equal(records.size(), count)) return fail(Code::invalid_format, "export: more records than it says");
    TRY(ExchangedRecord record, parse_record(text));
    records.push_back(std::move(record));
    return {};
  }));
  if (!std::cmp_equal(records.size(), count)) return fail(Code::invalid_format, "export: records are missing");
  TRY_DO(check_records(records));
  return records;
}

}  // namespace

Status ExportPrinter::flush() {
  const Status done = sink_(as_bytes(std::string_view(held_)));
  held_.clear();
  return done;
}

Status ExportPrinter::begin(const ExportOrigin& origin) {
  json::WipedWriter writer(held_);
  writer.begin_object().member("format", export_format_name).member("version", version);
  writer.member("vault", to_base64url(origin.vault)).member("exported_at", to_unix_millis(origin.exported_at));
  writer.key("records").begin_array().end_array().end_object();
  held_.resize(held_.size() - 2);  // the ends come last
  return {};
}

Status ExportPrinter::add(const ExchangedRecord& record) {
  held_ += count_++ == 0 ? "\n" : ",\n";
  json::WipedWriter writer(held_);
  TRY_DO(print_record(writer, record));
  return held_.size() < export_piece ? Status() : flush();
}

Status ExportPrinter::finish() {
  held_.append("\n],\"count\":").append(std::to_string(count_)).append("}\n");
  return flush();
}

Result<ExportDocument> parse_export(std::string_view text) {
  if (!protocol::utf8::is_valid(text)) return fail(Code::invalid_format, "JSON: not UTF-8");
  Outline outline;
  TRY_DO(
      for_each_member(text, [&](const WipedString& name, std::string_view value) { return outline.put(name, value); }));
  TRY_DO(check_format(outline));
  if (outline.has_unknown) return fail(Code::future_version, "export: a member this version does not know");
  ExportDocument document;
  TRY(document.origin.vault, parse_vault_id(outline.vault));
  TRY(const std::int64_t exported_at, parse_integer(outline.exported_at));
  document.origin.exported_at = from_unix_millis(exported_at);
  TRY(document.records, parse_records(outline));
  return document;
}

}  // namespace latchkey::vault
