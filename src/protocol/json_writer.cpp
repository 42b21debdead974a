#include "protocol/json_writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

#include "protocol/json.h"
#include "protocol/utf8.h"

namespace latchkey::protocol::json {
namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

constexpr std::uint64_t in_every_byte(std::uint8_t byte) { return 0x0101010101010101U * byte; }
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - in_every_byte(1)) & ~word & in_every_byte(0x80);
}

// Eight characters at a time: below 0x20, from 0x80 on, quote and backslash. Exact as to "none of them".
bool are_plain(std::uint64_t word) {
  const std::uint64_t controls = (word - in_every_byte(0x20)) & ~word & in_every_byte(0x80);
  const std::uint64_t beyond_ascii = word & in_every_byte(0x80);
  return (controls | beyond_ascii | zero_bytes(word ^ in_every_byte('"')) | zero_bytes(word ^ in_every_byte('\\'))) ==
         0;
}

std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if (!are_plain(word)) break;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

template <class Text>
void append_escaped(Text& out, char c) {
  constexpr std::string_view controls = "\b\f\n\r\t\"\\", letters = "bfnrt\"\\", digits = "0123456789abcdef";
  out.push_back('\\');
  if (const std::size_t index = controls.find(c); index != std::string_view::npos) {
    out.push_back(letters[index]);
    return;
  }
  out.append("u00");
  out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
  out.push_back(digits[static_cast<unsigned char>(c) & 15]);
}

template <class Text, class Number>
void append_number(Text& out, Number number) {
  std::array<char, 32> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), static_cast<std::size_t>(result.ptr - digits.data()));
}

}  // namespace

template <class Text>
void append_quoted(Text& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t size = utf8::character_size(text);
    if (size == 0)
      out.append(replacement_character), size = 1;
    else if (size == 1)
      append_escaped(out, text.front());
    else
      out.append(text.substr(0, size));
    text.remove_prefix(size);
  }
  out.push_back('"');
}

template <class Text>
void BasicWriter<Text>::separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::begin_object() {
  separate();
  out_.push_back('{');
  needs_comma_ = false;
  ++depth_;
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::end_object() {
  assert(depth_ > 0);
  --depth_;
  out_.push_back('}');
  needs_comma_ = true;
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::begin_array() {
  separate();
  out_.push_back('[');
  needs_comma_ = false;
  ++depth_;
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::end_array() {
  assert(depth_ > 0);
  --depth_;
  out_.push_back(']');
  needs_comma_ = true;
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::value(std::string_view text) {
  separate();
  append_quoted(out_, text);
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::value(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::value(bool truth) {
  return raw(truth ? "true" : "false");
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::value(double number) {
  assert(std::isfinite(number));
  separate();
  const std::size_t begin = out_.size();
  append_number(out_, number);
  // A real stays one when read again.
  if (std::string_view(out_).substr(begin).find_first_of(".e") == std::string_view::npos) out_.append(".0");
  return *this;
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::value(std::span<const std::string> texts) {
  begin_array();
  for (const std::string& text : texts) value(std::string_view(text));
  return end_array();
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::null() {
  return raw("null");
}

template <class Text>
BasicWriter<Text>& BasicWriter<Text>::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

template class BasicWriter<std::string>;
template class BasicWriter<WipedString>;
template void append_quoted(std::string& out, std::string_view text);
template void append_quoted(WipedString& out, std::string_view text);

namespace {

void print_to(WipedWriter& writer, const Value& value) {
  switch (value.type()) {
    case Type::null:
      writer.null();
      return;
    case Type::boolean:
      writer.value(*value.to_bool());
      return;
    case Type::integer:
      writer.value(*value.to_integer());
      return;
    case Type::real:
      writer.value(*value.to_number());
      return;
    case Type::string:
      writer.value(*value.to_string());
      return;
    case Type::array:
      writer.begin_array();
      for (const Value& element : *value.to_array()) print_to(writer, element);
      writer.end_array();
      return;
    case Type::object:
      writer.begin_object();
      for (const Member& member : *value.to_object()) print_to(writer.key(member.name), member.value);
      writer.end_object();
  }
}

}  // namespace

WipedString print(const Value& value) {
  WipedString out;
  WipedWriter writer(out);
  print_to(writer, value);
  return out;
}

}  // namespace latchkey::protocol::json
