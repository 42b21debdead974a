// Links: protocol
// json::parse against json::print, and limits against each other.
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "tests/fuzz/property.h"

namespace json = latchkey::protocol::json;
using latchkey::fuzz::holds;

namespace {

void check_accepted(std::string_view text, const json::Value& value) {
  const auto printed = json::print(value);
  const auto again = json::parse(printed, {printed.size(), 32, 1000});
  holds(again.has_value(), "what was printed can be read");
  holds(json::print(*again) == printed, "reading and printing settle after one round");
  holds(!text.starts_with("\xEF\xBB\xBF"), "no byte order mark");
  holds(!json::parse(std::string(text) + "0x"), "nothing may follow the value");
  if (value.is_object() || value.to_array())
    holds(!json::parse(text.substr(0, text.find_last_of("]}"))), "an unclosed container is refused");
}

void check_names_differ(const json::Value& value) {
  if (const json::Object* object = value.to_object()) {
    for (std::size_t i = 0; i < object->size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) holds((*object)[i].name != (*object)[j].name, "no name twice");
      check_names_differ((*object)[i].value);
    }
  } else if (const json::Array* array = value.to_array()) {
    for (const json::Value& element : *array) check_names_differ(element);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  const auto value = json::parse(text);
  const auto within = json::parse(text, {256, 4, 16});
  holds(!within || value, "narrower limits accept no more");
  if (value) check_accepted(text, *value);
  if (within) check_names_differ(*within);
  return 0;
}
