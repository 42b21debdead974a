#include "protocol/release/tuf/canonical_json.h"

#include <algorithm>

#include "protocol/limits.h"

namespace latchkey::protocol::tuf {
namespace {

Status append(std::string& out, const json::Value& value);

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

Status append_integer(std::string& out, std::int64_t number) {
  if (number > limits::json_number_maximum || number < -limits::json_number_maximum)
    return fail(Code::invalid_format, "an integer beyond 2^53 - 1 in signed JSON");
  out += std::to_string(number);
  return {};
}

Status append_array(std::string& out, const json::Array& array) {
  out.push_back('[');
  for (const json::Value& element : array) {
    if (&element != array.data()) out.push_back(',');
    TRY_DO(append(out, element));
  }
  out.push_back(']');
  return {};
}

Status append_object(std::string& out, const json::Object& object) {
  std::vector<const json::Member*> members;
  members.reserve(object.size());
  for (const json::Member& member : object) members.push_back(&member);
  std::ranges::sort(members, [](const auto* a, const auto* b) {
    return std::string_view(a->name) < std::string_view(b->name);  // as unsigned bytes, which is by code point
  });
  out.push_back('{');
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i != 0) out.push_back(',');
    append_string(out, members[i]->name);
    out.push_back(':');
    TRY_DO(append(out, members[i]->value));
  }
  out.push_back('}');
  return {};
}

Status append(std::string& out, const json::Value& value) {
  switch (value.type()) {
    case json::Type::null:
      out += "null";
      return {};
    case json::Type::boolean:
      out += *value.to_bool() ? "true" : "false";
      return {};
    case json::Type::integer:
      return append_integer(out, *value.to_integer());
    case json::Type::real:
      break;
    case json::Type::string:
      append_string(out, *value.to_string());
      return {};
    case json::Type::array:
      return append_array(out, *value.to_array());
    case json::Type::object:
      return append_object(out, *value.to_object());
  }
  return fail(Code::invalid_format, "a number that is no integer in signed JSON");
}

}  // namespace

Result<std::string> to_canonical(const json::Value& value) {
  std::string out;
  TRY_DO(append(out, value));
  return out;
}

}  // namespace latchkey::protocol::tuf
