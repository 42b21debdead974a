// Links: base crypto protocol vault
// Reading exports, plain JSON and preferences: an export that is accepted is printed and read back the same, and slices
// of a JSON document agree with the parser of whole ones.
#include "protocol/json.h"
#include "tests/fuzz/property.h"
#include "vault/exchange/export_format.h"
#include "vault/exchange/json_slices.h"
#include "vault/exchange/read_json_map.h"
#include "vault/exchange/read_preferences.h"

using latchkey::fuzz::holds;
namespace vault = latchkey::vault;
namespace json = latchkey::protocol::json;

namespace {

void check_export(std::string_view text) {
  const auto document = vault::parse_export(text);
  if (!document) return;
  std::string printed;
  vault::ExportPrinter printer([&](latchkey::ByteView piece) -> latchkey::Status {
    printed += latchkey::as_text(piece);
    return {};
  });
  holds(printer.begin(document->origin).has_value(), "begins");
  for (const auto& record : document->records) holds(printer.add(record).has_value(), "prints a record");
  holds(printer.finish().has_value(), "ends");
  const auto again = vault::parse_export(printed);
  holds(again && again->records.size() == document->records.size(), "what is accepted is printed and read again");
  for (std::size_t i = 0; i < again->records.size(); ++i)
    holds(again->records[i].name == document->records[i].name && again->records[i].kind == document->records[i].kind &&
              again->records[i].value.reveal_text() == document->records[i].value.reveal_text() &&
              again->records[i].expires_at == document->records[i].expires_at,
          "the same");
}

// A map is accepted only if the whole is JSON without duplicates, and then both see the same members.
void check_map(std::string_view text) {
  const auto records = vault::read_json_map(text);
  static_cast<void>(vault::read_preferences(text));
  if (!records) return;
  const auto whole = json::parse_object(text, {.bytes = text.size(), .depth = 65, .members = text.size()});
  holds(whole && whole->to_object()->size() == records->size(), "slices agree with the parser");
  for (std::size_t i = 0; i < records->size(); ++i)
    holds(std::string_view((*whole->to_object())[i].name) == (*records)[i].name, "member by member");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  check_export(text);
  check_map(text);
  return 0;
}
