// The readers of other programs' files: read_json_map, read_preferences, read_env.
#include <gtest/gtest.h>

#include "protocol/limits/vault.h"
#include "tests/support/vault/test_vaults.h"
#include "vault/exchange/import_file.h"
#include "vault/exchange/read_env.h"
#include "vault/exchange/read_json_map.h"
#include "vault/exchange/read_preferences.h"
#include "vault/record.h"

namespace latchkey::vault {
namespace {

using testing::code_of;

std::string print(const ExchangedRecords& records) {
  std::string out;
  for (const ExchangedRecord& record : records)
    out.append(record.name).append(record.kind == RecordKind::json ? ":" : "=").append(record.value.reveal_text()) +=
        ";";
  return out;
}
std::string print(const Result<ExchangedRecords>& records) {
  return records ? print(*records) : to_string(records.error());
}

TEST(ReadJsonMap, keeps_strings_as_text_and_the_rest_as_json) {
  EXPECT_EQ(print(read_json_map(R"({"token":"abc","user":{"id":1,"tags":["a"]},"n":12345678901234567890,"off":null})")),
            R"(token=abc;user:{"id":1,"tags":["a"]};n:12345678901234567890;off:null;)");
  EXPECT_EQ(print(read_json_map("{}")), "");
  EXPECT_EQ(print(read_json_map(R"({"empty":""})")), "empty=;");
}

TEST(ReadJsonMap, refuses_what_is_not_json_or_not_a_map) {
  for (const char* text :
       {"", "[]", "\"a\"", R"({"a":1,"a":2})", R"({"":"empty name"})", R"({"a":nul})", R"({"a":1 2})",
        R"({"a":{"b":1,"b":2}})", "{\"a\":\"\xff\"}", R"({"a":[1,]})", "\xEF\xBB\xBF{}"})
    EXPECT_EQ(code_of(read_json_map(text)), Code::invalid_format) << text;
  EXPECT_EQ(code_of(read_json_map("{\"" + std::string(256, 'n') + "\":1}")), Code::invalid_format);
}

TEST(ReadJsonMap, bounds_values_and_nesting) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(code_of(read_json_map("{\"a\":" + deep + "}")), Code::input_too_large);
  EXPECT_EQ(code_of(read_json_map("{\"a\":\"" + std::string(protocol::limits::record_value_bytes + 1, 'x') + "\"}")),
            Code::input_too_large);
  EXPECT_TRUE(read_json_map("{\"a\":\"" + std::string(protocol::limits::record_value_bytes, 'x') + "\"}").has_value());
}

TEST(ReadJsonMap, a_decrypted_export_is_not_taken_for_a_map) {
  EXPECT_EQ(code_of(read_json_map(R"({"format":"latchkey-vault-export","version":1,"records":[]})")),
            Code::invalid_format);
}

TEST(ReadPreferences, takes_the_prefixed_keys_of_a_dump_and_counts_the_others) {
  const auto source = read_preferences(R"({"CapacitorStorage.user":"ann","_cap_theme":"dark","analytics":"xyz"})");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(print(source->records), "theme=dark;user=ann;");  // by name
  EXPECT_EQ(source->others, 1U);
}

TEST(ReadPreferences, takes_everything_where_nothing_is_prefixed) {
  const auto source = read_preferences(R"({"user":"ann","theme":"dark"})");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->records.size(), 2U);
  EXPECT_EQ(source->others, 0U);
}

TEST(ReadPreferences, one_name_under_both_prefixes_must_have_one_value) {
  EXPECT_EQ(read_preferences(R"({"CapacitorStorage.a":"1","_cap_a":"1"})")->records.size(), 1U);
  EXPECT_EQ(code_of(read_preferences(R"({"CapacitorStorage.a":"1","_cap_a":"2"})")), Code::invalid_format);
}

TEST(ReadPreferences, refuses_values_that_are_not_strings_and_names_that_are_none) {
  for (const char* text : {R"({"CapacitorStorage.a":1})", R"({"a":null})", R"({"CapacitorStorage.":"x"})",
                           R"({"CapacitorStorage.a":"1","CapacitorStorage.a":"1"})", "[]", ""})
    EXPECT_EQ(code_of(read_preferences(text)), Code::invalid_format) << text;
}

TEST(ReadEnv, reads_the_whole_dialect) {
  EXPECT_EQ(print(read_env("# comment\n\n  \t# another\nA=1\nexport B=two words  # why\r\n  C='it''s'\n")),
            "invalid_format: " + std::string(sentence_of(Code::invalid_format)) +
                " (line 6: something follows the closing quote)");
  EXPECT_EQ(print(read_env("# comment\n\n  \t# another\nA=1\nexport B=two words  # why\r\n  C='lit$eral \\n'\n")),
            "A=1;B=two words;C=lit$eral \\n;");
  EXPECT_EQ(print(read_env("A=\nB=''\nC=\"\"\nD= # nothing")), "A=;B=;C=;D=;");
  EXPECT_EQ(print(read_env(R"(A="a\nb\t\"\\\$x" # c)")), "A=a\nb\t\"\\$x;");
  EXPECT_EQ(print(read_env("KEY=\"-----BEGIN\r\nabc\n-----END\"\nB='x\ny'")), "KEY=-----BEGIN\nabc\n-----END;B=x\ny;");
  EXPECT_EQ(print(read_env("URL=https://u:p@h/x?a=1&b=2\na.b-c_D9=ok")), "URL=https://u:p@h/x?a=1&b=2;a.b-c_D9=ok;");
  EXPECT_EQ(print(read_env("export=1")), "export=1;");
  EXPECT_EQ(print(read_env("A=\xC3\xA9")), "A=\xC3\xA9;");
}

TEST(ReadEnv, refuses_by_line_what_programs_read_differently) {
  const std::pair<const char*, const char*> refused[] = {
      {"A=1\nA=2", "record 2: its name is there twice"},
      {"A = 1", "line 1: expected = right behind the name"},
      {"A", "line 1: expected = right behind the name"},
      {"\n1A=1", "line 2: expected a name"},
      {"=1", "line 1: expected a name"},
      {"export ", "line 1: expected a name"},
      {"A=a$b", "line 1: a character that needs quotes; put the value in single quotes"},
      {"A=a#b", "line 1: a character that needs quotes; put the value in single quotes"},
      {"A=a'b'", "line 1: a character that needs quotes; put the value in single quotes"},
      {"A=`x`", "line 1: a character that needs quotes; put the value in single quotes"},
      {"A=a\\", "line 1: a character that needs quotes; put the value in single quotes"},
      {"A=\"$B\"", "line 1: a bare $ in double quotes; write \\$, or use single quotes"},
      {"A=\"\\x\"", "line 1: an escape that is read differently by different programs"},
      {"A=\"a\nb", "line 1: a quote without end"},
      {"A='a\nb'\nB=\"", "line 3: a quote without end"},
      {"A='a'b", "line 1: something follows the closing quote"},
      {"A='a'#b", "line 1: something follows the closing quote"},
  };
  for (const auto& [text, detail] : refused) {
    const auto records = read_env(text);
    ASSERT_FALSE(records.has_value()) << text;
    EXPECT_EQ(records.error(), (Error{Code::invalid_format, detail})) << text;
  }
}

TEST(ReadEnv, refuses_what_is_not_text) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"A=\xff"sv, "A=a\0b"sv, "\357\273\277A=1"sv})
    EXPECT_EQ(code_of(read_env(text)), Code::invalid_format);
}

TEST(DetectFormat, tells_by_contents_then_by_name_and_else_asks) {
  const auto detected = [](std::string_view text, const char* name) {
    const auto format = detect_format(as_bytes(text), name);
    return format ? name_of(*format) : name_of(format.error().code);
  };
  EXPECT_EQ(detected("age-encryption.org/v1\n", "x.json"), "latchkey");
  EXPECT_EQ(detected("-----BEGIN AGE ENCRYPTED FILE-----\n", "x"), "latchkey");
  EXPECT_EQ(detected(R"({"CapacitorStorage.a":"1"})", "x"), "capacitor-preferences");
  EXPECT_EQ(detected(R"({"a":"1"})", "x"), "json");
  EXPECT_EQ(detected("A=1", "folder/.env"), "env");
  EXPECT_EQ(detected("A=1", ".env.production"), "env");
  EXPECT_EQ(detected("A=1", "prod.env"), "env");
  EXPECT_EQ(detected("A=1", "settings.txt"), "invalid_format");
}

TEST(SourceFormat, names_survive) {
  for (const char* name : {"latchkey", "capacitor-preferences", "identity-vault", "json", "env"})
    EXPECT_EQ(name_of(*parse_source_format(name)), name);
  EXPECT_EQ(code_of(parse_source_format("yaml")), Code::invalid_argument);
}

}  // namespace
}  // namespace latchkey::vault
