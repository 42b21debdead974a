// Links: protocol
// form::Form against form::Writer.
#include "protocol/form.h"
#include "protocol/utf8.h"
#include "tests/fuzz/property.h"

namespace form = latchkey::protocol::form;
using latchkey::fuzz::holds;

namespace {

void check_accepted(const form::Form& parsed) {
  form::Writer writer;
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    writer.add(parsed.name_at(i), parsed.value_at(i));
    holds(latchkey::protocol::utf8::is_valid(parsed.value_at(i)), "values are UTF-8");
    holds(parsed.value_at(i).find('\0') == std::string_view::npos, "no NUL");
    for (std::size_t j = 0; j < i; ++j) holds(parsed.name_at(i) != parsed.name_at(j), "no name twice");
  }
  const auto text = writer.take();
  const auto again = form::Form::parse(text, text.size());
  holds(again && again->size() == parsed.size(), "what was written can be read");
  for (std::size_t i = 0; i < parsed.size(); ++i)
    holds(again->name_at(i) == parsed.name_at(i) && again->value_at(i) == parsed.value_at(i), "and is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = latchkey::fuzz::text_of(data, size);
  if (const auto parsed = form::Form::parse(text)) check_accepted(*parsed);
  latchkey::WipedString encoded;
  form::append_encoded(encoded, text);
  const auto decoded = form::decode(encoded);
  const bool is_text = latchkey::protocol::utf8::is_valid(text) && text.find('\0') == std::string_view::npos;
  holds(decoded.has_value() == is_text && (!decoded || *decoded == text), "every text survives encoding");
  return 0;
}
