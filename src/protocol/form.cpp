#include "protocol/form.h"

#include "protocol/percent.h"
#include "protocol/utf8.h"

namespace latchkey::protocol::form {
namespace {

bool stays(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '*';
}

// Splits at the first `separator`; `rest` becomes what follows it.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view front = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return front;
}

Status append_decoded(WipedString& to, std::string_view text) {
  const std::size_t begin = to.size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      const int byte = percent::byte_at(text, at);
      if (byte <= 0) return fail(Code::invalid_format, "form: bad percent code");
      to.push_back(static_cast<char>(byte));
      at += 2;
    } else if (text[at] == '\0') {
      return fail(Code::invalid_format, "form: NUL");
    } else {
      to.push_back(text[at] == '+' ? ' ' : text[at]);
    }
  }
  if (!utf8::is_valid(std::string_view(to).substr(begin))) return fail(Code::invalid_format, "form: not UTF-8");
  return {};
}

}  // namespace

Result<Form> Form::parse(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return fail(Code::input_too_large, "form too large");
  Form form;
  form.decoded_.reserve(text.size());  // decoding only shrinks
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    if (value.empty()) continue;  // "a=1&&b=2", as WHATWG has it
    if (form.fields_.size() == limits::form_fields) return fail(Code::input_too_large, "form: too many parameters");
    const std::string_view name = take_until(value, '=');
    Field field{};
    field.name.begin = form.decoded_.size();
    TRY_DO(append_decoded(form.decoded_, name));
    field.name.size = form.decoded_.size() - field.name.begin;
    field.value.begin = form.decoded_.size();
    TRY_DO(append_decoded(form.decoded_, value));
    field.value.size = form.decoded_.size() - field.value.begin;
    for (const Field& earlier : form.fields_)
      if (form.cut(earlier.name) == form.cut(field.name))
        return fail(Code::invalid_format, "form: parameter given twice");
    form.fields_.push_back(field);
  }
  return form;
}

std::optional<std::string_view> Form::find(std::string_view name) const {
  for (const Field& field : fields_)
    if (cut(field.name) == name && field.value.size != 0) return cut(field.value);
  return std::nullopt;
}

Result<std::string_view> Form::get(std::string_view name) const {
  const auto value = find(name);
  if (!value) return fail(Code::invalid_request, std::string(name) + " is missing");
  return *value;
}

std::optional<std::string> Form::find_text(std::string_view name) const {
  const auto value = find(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::optional<WipedString> Form::find_wiped(std::string_view name) const {
  const auto value = find(name);
  return value ? std::optional<WipedString>(*value) : std::nullopt;
}

Writer& Writer::add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_.push_back('&');
  append_encoded(text_, name);
  text_.push_back('=');
  append_encoded(text_, value);
  return *this;
}

void append_encoded(WipedString& to, std::string_view text) {
  for (const char c : text) {
    if (stays(c))
      to.push_back(c);
    else if (c == ' ')
      to.push_back('+');
    else
      percent::append_code(to, c);
  }
}

Result<WipedString> decode(std::string_view text) {
  WipedString decoded;
  TRY_DO(append_decoded(decoded, text));
  return decoded;
}

}  // namespace latchkey::protocol::form
