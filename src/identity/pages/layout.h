// What every page shares: the document around it, form fields, and the summary of errors. English only; all pages work
// without scripts, by keyboard, zoomed to 400 % and in dark mode (WCAG 2.2 AA).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "identity/pages/html.h"

namespace latchkey::identity {

// What went wrong with one field, said twice: in the summary on top (with a link to the field) and beside the field.
struct FieldError {
  std::string field_id;  // empty: not about one field
  std::string sentence;
};

// The whole document. With errors the title starts with "Error:" and the summary is the first thing read out.
Html document(std::string_view title, std::span<const FieldError> errors, const Html& content);

struct Field {
  std::string_view id;  // also its name in the form
  std::string_view label;
  std::string_view type;          // "text" or "password"
  std::string_view autocomplete;  // WHATWG autofill field name
  std::string_view hint = {};
  std::string_view value = {};  // never a password
  bool focused = false;
};
// A label, the hint, the error and the input, tied together with aria-describedby.
Html field(const Field& field, std::span<const FieldError> errors);
Html hidden(std::string_view name, std::string_view value);

}  // namespace latchkey::identity
