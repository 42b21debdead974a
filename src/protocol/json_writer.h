// Writes JSON straight into a text buffer: no tree, no white space, commas placed by the writer.
//   json::Writer writer(out);
//   writer.begin_object().member("active", true).member("exp", 1700000000).end_object();
// Nesting is the caller's to balance (asserted). Strings must be UTF-8; what is not becomes U+FFFD.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/wiping.h"

namespace latchkey::protocol::json {

// `Text` is std::string, or WipedString for what carries secrets.
template <class Text>
class BasicWriter final {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit BasicWriter(Text& out) : out_(out) {}

  BasicWriter& begin_object();
  BasicWriter& end_object();
  BasicWriter& begin_array();
  BasicWriter& end_array();
  BasicWriter& key(std::string_view name);

  BasicWriter& value(std::string_view text);
  BasicWriter& value(const char* text) { return value(std::string_view(text)); }
  BasicWriter& value(std::int64_t number);
  BasicWriter& value(bool truth);
  BasicWriter& value(double number);  // must be finite
  BasicWriter& value(std::integral auto number) { return value(static_cast<std::int64_t>(number)); }
  BasicWriter& value(std::span<const std::string> texts);
  BasicWriter& null();
  // `json` is one value already printed.
  BasicWriter& raw(std::string_view json);

  template <class T>
  BasicWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }
  // Leaves the member out when there is nothing.
  template <class T>
  BasicWriter& member(std::string_view name, const std::optional<T>& content) {
    return content ? member(name, *content) : *this;
  }

 private:
  void separate();

  Text& out_;
  bool needs_comma_ = false;
  int depth_ = 0;
};

using Writer = BasicWriter<std::string>;
using WipedWriter = BasicWriter<WipedString>;

// Appends `text` in quotes, escaped.
template <class Text>
void append_quoted(Text& out, std::string_view text);

// Prints `value` without white space, members in their order. For tests and for passing documents on.
class Value;
WipedString print(const Value& value);

}  // namespace latchkey::protocol::json
