#include "vault/exchange/export_format.h"

#include <gtest/gtest.h>

#include "protocol/limits/vault.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/record.h"

namespace latchkey::vault {
namespace {

using testing::code_of;
using testing::value_of;

const ExportOrigin origin{{1, 2, 3}, from_unix_millis(1'700'000'000'123)};

std::string printed(const ExchangedRecords& records) {
  std::string out;
  ExportPrinter printer([&](ByteView piece) -> Status {
    out += as_text(piece);
    return {};
  });
  EXPECT_TRUE(printer.begin(origin).has_value());
  for (const ExchangedRecord& record : records) EXPECT_TRUE(printer.add(record).has_value());
  EXPECT_TRUE(printer.finish().has_value());
  return out;
}

ExchangedRecords sample() {
  ExchangedRecords records;
  records.push_back({"plain", RecordKind::text, value_of("a \"quoted\"\n\x01 line")});
  records.push_back({"doc", RecordKind::json, value_of("{ \"n\": 1e400 }")});
  records.push_back({"day", RecordKind::date, value_of("2026-11-21")});
  records.push_back({"raw", RecordKind::bytes, value_of("text all the same")});
  records.push_back({"odd", RecordKind::text, value_of("\xff\xfe")});
  records.push_back({"nothing", RecordKind::text, value_of("")});
  records.push_back({"short", RecordKind::text, value_of("x"), from_unix_millis(1'800'000'000'000), true});
  return records;
}

// The document of docs/formats/export-v1.md.
constexpr std::string_view golden =
    R"({"format":"latchkey-vault-export","version":1,"vault":"AQIDAAAAAAAAAAAAAAAAAA","exported_at":1700000000123,"records":[
{"name":"plain","kind":"text","value":"a \"quoted\"\n\u0001 line"},
{"name":"doc","kind":"json","value":"{ \"n\": 1e400 }"},
{"name":"day","kind":"date","value":"2026-11-21"},
{"name":"raw","kind":"bytes","value_base64url":"dGV4dCBhbGwgdGhlIHNhbWU"},
{"name":"odd","kind":"text","value_base64url":"__4"},
{"name":"nothing","kind":"text","value":""},
{"name":"short","kind":"text","value":"x","expires_at":1800000000000,"ask_every_time":true}
],"count":7}
)";

TEST(ExportFormat, is_the_documented_one) { EXPECT_EQ(printed(sample()), golden); }

TEST(ExportFormat, is_read_back_exactly) {
  const auto document = parse_export(golden);
  ASSERT_TRUE(document.has_value()) << to_string(document.error());
  EXPECT_EQ(document->origin.vault, origin.vault);
  EXPECT_EQ(document->origin.exported_at, origin.exported_at);
  const ExchangedRecords expected = sample();
  ASSERT_EQ(document->records.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(document->records[i].name, expected[i].name);
    EXPECT_EQ(document->records[i].kind, expected[i].kind);
    EXPECT_EQ(document->records[i].value.reveal_text(), expected[i].value.reveal_text());
    EXPECT_EQ(document->records[i].expires_at, expected[i].expires_at);
    EXPECT_EQ(document->records[i].is_ask_every_time, expected[i].is_ask_every_time);
  }
}

TEST(ExportFormat, an_empty_one_is_one) { EXPECT_TRUE(parse_export(printed({}))->records.empty()); }

TEST(ExportFormat, any_other_order_and_white_space_is_the_same_document) {
  const auto document = parse_export(
      "{ \"count\" : 1, \"records\" : [ { \"value\" : \"x\", \"kind\":\"text\", \"name\":\"a\" } ],\n"
      "\"exported_at\":0, \"vault\":\"AQIDAAAAAAAAAAAAAAAAAA\", \"version\":1, \"format\":\"latchkey-vault-export\" }");
  ASSERT_TRUE(document.has_value()) << to_string(document.error());
  EXPECT_EQ(document->records.front().name, "a");
}

std::string replacing(std::string_view from, std::string_view to) {
  std::string text(golden);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ExportFormat, what_it_does_not_know_it_refuses) {
  EXPECT_EQ(code_of(parse_export(replacing("\"version\":1", "\"version\":2"))), Code::future_version);
  EXPECT_EQ(code_of(parse_export(replacing("\"version\":1", "\"new\":1,\"version\":2"))), Code::future_version);
  EXPECT_EQ(code_of(parse_export(replacing("\"version\":1", "\"new\":1,\"version\":1"))), Code::future_version);
  EXPECT_EQ(code_of(parse_export(replacing("\"kind\":\"text\"", "\"kind\":\"video\""))), Code::future_version);
  EXPECT_EQ(code_of(parse_export(replacing("\"kind\":\"text\"", "\"kind\":\"text\",\"sealed\":true"))),
            Code::future_version);
}

TEST(ExportFormat, what_is_wrong_it_refuses) {
  const std::pair<const char*, const char*> wrong[] = {
      {"latchkey-vault-export", "something-else"},
      {"\"version\":1", "\"version\":0"},
      {"\"version\":1", "\"version\":\"1\""},
      {"\"version\":1,", ""},
      {"\"version\":1", "\"version\":1,\"version\":1"},
      {"AQIDAAAAAAAAAAAAAAAAAA", "AQIDAAAAAAAAAAAAAAAAA"},
      {"1700000000123", "-1"},
      {"\"count\":7", "\"count\":6"},
      {"\"count\":7", "\"count\":8"},
      {",\"count\":7", ""},
      {"\"value\":\"\"", "\"value\":\"\",\"value_base64url\":\"\""},
      {",\"value\":\"\"", ""},
      {"\"value\":\"\"", "\"value\":null"},
      {"\"__4\"", "\"__5\""},
      {"\"__4\"", "\"__4=\""},
      {"\"name\":\"doc\"", "\"name\":\"plain\""},
      {"\"name\":\"doc\"", "\"name\":\"\""},
      {"\"name\":\"doc\",", ""},
      {"true", "1"},
      {"}\n]", "},\n]"},
  };
  for (const auto& [from, to] : wrong)
    EXPECT_EQ(code_of(parse_export(replacing(from, to))), Code::invalid_format) << to;
  for (std::size_t size = 0; size + 1 < golden.size(); ++size)
    EXPECT_EQ(code_of(parse_export(golden.substr(0, size))), Code::invalid_format) << size;
}

TEST(ExportFormat, holds_the_largest_value_whatever_it_is_made_of) {
  for (const char c : {'x', '\x01', '\xff'}) {
    ExchangedRecords records;
    records.push_back({"big", RecordKind::text, value_of(std::string(protocol::limits::record_value_bytes, c))});
    const auto document = parse_export(printed(records));
    ASSERT_TRUE(document.has_value()) << to_string(document.error());
    EXPECT_EQ(document->records.front().value.size(), protocol::limits::record_value_bytes);
  }
}

}  // namespace
}  // namespace latchkey::vault
