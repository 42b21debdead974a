// Markup that cannot hold unescaped text. An Html comes from a template written in the source, whose slots are filled
// with text (always escaped, for element content and quoted attributes alike) or with other Html.
//   render("<p class=\"{kind}\">{text}</p>", {{"kind", "hint"}, {"text", user_input}})
#pragma once

#include <initializer_list>
#include <string_view>
#include <variant>

#include "base/wiping.h"

namespace latchkey::identity {

class Html;

// A template: only text known at compile time becomes one. `{name}` is a slot; attributes are always in double quotes.
class Template final {
 public:
  consteval Template(const char* text) : text_(text) {
    check(text_);
  }  // NOLINT(google-explicit-constructor): see render

  std::string_view text() const { return text_; }

 private:
  static consteval void check(std::string_view text) {
    bool in_slot = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '{' || text[at] == '}') {
        if (in_slot == (text[at] == '{')) throw "braces do not pair";
        in_slot = !in_slot;
      }
      if (text[at] == '=' && at + 1 < text.size() && text[at + 1] == '{') throw "put the attribute in double quotes";
      if (text[at] == '\'') throw "use double quotes";
    }
    if (in_slot) throw "a slot is not closed";
  }

  std::string_view text_;
};

struct Slot {
  std::string_view name;
  std::variant<std::string_view, const Html*> value;

  Slot(std::string_view slot_name, std::string_view text) : name(slot_name), value(text) {}
  Slot(std::string_view slot_name, const Html& html) : name(slot_name), value(&html) {}
};

// Fills every slot; a slot without a value is our own bug and aborts.
Html render(Template text, std::initializer_list<Slot> slots = {});

class Html final {
 public:
  Html() = default;  // nothing

  std::string_view text() const { return text_; }
  bool is_empty() const { return text_.empty(); }
  Html& operator+=(const Html& more) {
    text_ += more.text_;
    return *this;
  }

 private:
  friend Html render(Template text, std::initializer_list<Slot> slots);
  WipedString text_;  // forms carry tokens
};

}  // namespace latchkey::identity
