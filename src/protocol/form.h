// application/x-www-form-urlencoded (WHATWG URL section 5, RFC 6749 appendix B): request bodies and query strings.
// Strict: UTF-8 checked, bad percent codes and NUL refused, a name given twice is refused (RFC 6749 section 3.1). A
// parameter without a value counts as absent, as the same section demands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/limits.h"

namespace latchkey::protocol::form {

class Form final {
 public:
  // `text` is a body, or a query without its '?'. Fails: invalid_format, input_too_large.
  static Result<Form> parse(std::string_view text, std::size_t max_bytes = limits::form_bytes);

  // Views last as long as the form.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  // Fails: invalid_request, naming the parameter.
  Result<std::string_view> get(std::string_view name) const;
  // A copy, if there is one.
  std::optional<std::string> find_text(std::string_view name) const;
  std::optional<WipedString> find_wiped(std::string_view name) const;

  std::size_t size() const { return fields_.size(); }
  std::string_view name_at(std::size_t index) const { return cut(fields_[index].name); }
  std::string_view value_at(std::size_t index) const { return cut(fields_[index].value); }

 private:
  struct Range {
    std::size_t begin, size;
  };
  struct Field {
    Range name, value;
  };
  std::string_view cut(Range range) const { return std::string_view(decoded_).substr(range.begin, range.size); }

  WipedString decoded_;
  std::vector<Field> fields_;
};

// Builds a form: add(...) in order, then take().
class Writer final {
 public:
  Writer& add(std::string_view name, std::string_view value);
  // Leaves the parameter out when there is nothing.
  template <class Text>
  Writer& add_if_any(std::string_view name, const std::optional<Text>& value) {
    return value ? add(name, *value) : *this;
  }
  WipedString take() { return std::move(text_); }

 private:
  WipedString text_;
};

// One component: letters, digits and "-._*" stay, space becomes '+', the rest %XX.
void append_encoded(WipedString& to, std::string_view text);
// Undoes it. Fails: invalid_format.
Result<WipedString> decode(std::string_view text);

}  // namespace latchkey::protocol::form
