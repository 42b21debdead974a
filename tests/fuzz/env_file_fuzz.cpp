// Links: base crypto protocol vault
// Reading .env files: what is accepted can be written in quotes and reads the same.
#include "tests/fuzz/property.h"
#include "vault/exchange/read_env.h"

using latchkey::fuzz::holds;
namespace vault = latchkey::vault;

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') out.push_back('\\');
    if (c == '\r')
      out += "\\r";
    else
      out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = vault::read_env(latchkey::fuzz::text_of(data, size));
  if (!records) return 0;
  std::string printed;
  for (const auto& record : *records) printed += record.name + "=" + quoted(record.value.reveal_text()) + "\n";
  const auto again = vault::read_env(printed);
  holds(again && again->size() == records->size(), "what is accepted can be written");
  for (std::size_t i = 0; i < records->size(); ++i)
    holds(
        (*again)[i].name == (*records)[i].name && (*again)[i].value.reveal_text() == (*records)[i].value.reveal_text(),
        "and reads the same");
  return 0;
}
