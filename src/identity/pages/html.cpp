#include "identity/pages/html.h"

#include <algorithm>
#include <cstdlib>

namespace latchkey::identity {

namespace {

// Invalid UTF-8 never reaches a page's text with a meaning: bytes are passed on and the page says it is UTF-8, in which
// no byte of a broken sequence can be one of these five characters.
void append_escaped(WipedString& to, std::string_view text) {
  for (const char byte : text) {
    switch (byte) {
      case '&':
        to += "&amp;";
        break;
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      case '"':
        to += "&quot;";
        break;
      case '\'':
        to += "&#39;";
        break;
      case '\0':
        to += "\xEF\xBF\xBD";
        break;
      default:
        to += byte;
    }
  }
}

void append_value(WipedString& to, const Slot& slot) {
  if (const auto* text = std::get_if<std::string_view>(&slot.value))
    append_escaped(to, *text);
  else
    to += std::get<const Html*>(slot.value)->text();
}

}  // namespace

Html render(Template text, std::initializer_list<Slot> slots) {
  Html html;
  std::string_view rest = text.text();
  for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
    const std::size_t close = rest.find('}', open);
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const auto* slot = std::find_if(slots.begin(), slots.end(), [&](const Slot& each) { return each.name == name; });
    if (slot == slots.end()) std::abort();
    html.text_ += rest.substr(0, open);
    append_value(html.text_, *slot);
    rest.remove_prefix(close + 1);
  }
  html.text_ += rest;
  return html;
}

}  // namespace latchkey::identity
