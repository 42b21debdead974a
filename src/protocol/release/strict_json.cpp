#include "protocol/release/strict_json.h"

#include <algorithm>

namespace latchkey::protocol::release {

Status check_members(const json::Value& object, std::initializer_list<std::string_view> known) {
  const json::Object* members = object.to_object();
  if (members == nullptr) return fail(Code::invalid_format, "an object is wanted");
  for (const auto& member : *members)
    if (std::ranges::find(known, std::string_view(member.name)) == known.end())
      return fail(Code::invalid_format, "an unknown member");
  return {};
}

Status check_type(const json::Value& object, std::string_view type) {
  TRY(const auto stated, json::get_string(object, "_type"));
  if (stated != type) return fail(Code::invalid_format, "_type");
  return {};
}

Result<std::int64_t> get_number(const json::Value& object, std::string_view name, std::int64_t minimum,
                                std::int64_t maximum) {
  TRY(const std::int64_t number, json::get_integer(object, name));
  if (number < minimum || number > maximum) return fail(Code::invalid_format, name);
  return number;
}

Result<const json::Array*> get_array(const json::Value& object, std::string_view name, std::size_t minimum,
                                     std::size_t maximum) {
  TRY(const json::Array* const array, json::find_array(object, name));
  if (array == nullptr || array->size() < minimum) return fail(Code::invalid_format, name);
  if (array->size() > maximum) return fail(Code::input_too_large, name);
  return array;
}

}  // namespace latchkey::protocol::release
