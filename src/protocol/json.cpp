#include "protocol/json.h"

#include "protocol/json_writer.h"

namespace latchkey::protocol::json {
namespace {

template <class T>
std::optional<T> copy_if(const T* held) {
  return held ? std::optional<T>(*held) : std::nullopt;
}

tl::unexpected<Error> wrong_type(std::string_view name) { return fail(Code::invalid_format, name); }

// `read` turns a Value into an optional; nothing means the wrong type.
template <class T, class Read>
Result<std::optional<T>> find_as(const Value& object, std::string_view name, Read read) {
  const Value* member = object.find(name);
  if (!member) return std::optional<T>();
  std::optional<T> content = read(*member);
  if (!content) return wrong_type(name);
  return content;
}

template <class T>
Result<T> required(Result<std::optional<T>> found, std::string_view name) {
  if (!found) return tl::unexpected(std::move(found).error());
  if (!*found) return fail(Code::invalid_format, std::string(name) + " is missing");
  return **found;
}

}  // namespace

std::optional<bool> Value::to_bool() const { return copy_if(std::get_if<bool>(&held_)); }
std::optional<std::int64_t> Value::to_integer() const { return copy_if(std::get_if<std::int64_t>(&held_)); }
std::optional<double> Value::to_number() const {
  if (const auto* integer = std::get_if<std::int64_t>(&held_)) return static_cast<double>(*integer);
  return copy_if(std::get_if<double>(&held_));
}
std::optional<std::string_view> Value::to_string() const {
  const auto* text = std::get_if<WipedString>(&held_);
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}
const Array* Value::to_array() const { return std::get_if<Array>(&held_); }
const Object* Value::to_object() const { return std::get_if<Object>(&held_); }

const Value* Value::find(std::string_view name) const {
  const Object* object = to_object();
  if (!object) return nullptr;
  for (const Member& member : *object)
    if (member.name == name) return &member.value;
  return nullptr;
}

Result<Value> parse_object(std::string_view text, const Limits& limits) {
  TRY(Value value, parse(text, limits));
  if (!value.is_object()) return fail(Code::invalid_format, "not a JSON object");
  return value;
}

Result<std::optional<std::string_view>> find_string(const Value& object, std::string_view name) {
  return find_as<std::string_view>(object, name, [](const Value& value) { return value.to_string(); });
}
Result<std::optional<std::int64_t>> find_integer(const Value& object, std::string_view name) {
  return find_as<std::int64_t>(object, name, [](const Value& value) { return value.to_integer(); });
}
Result<std::optional<bool>> find_bool(const Value& object, std::string_view name) {
  return find_as<bool>(object, name, [](const Value& value) { return value.to_bool(); });
}

Result<const Value*> find_object(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  if (member && !member->is_object()) return wrong_type(name);
  return member;
}

Result<const Array*> find_array(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  if (!member) return nullptr;
  if (!member->to_array()) return wrong_type(name);
  return member->to_array();
}

Result<std::string_view> get_string(const Value& object, std::string_view name) {
  return required(find_string(object, name), name);
}
Result<std::int64_t> get_integer(const Value& object, std::string_view name) {
  return required(find_integer(object, name), name);
}
Result<bool> get_bool(const Value& object, std::string_view name) { return required(find_bool(object, name), name); }

Result<std::vector<std::string>> find_strings(const Value& object, std::string_view name) {
  TRY(const Array* array, find_array(object, name));
  std::vector<std::string> texts;
  if (!array) return texts;
  for (const Value& element : *array) {
    const auto text = element.to_string();
    if (!text) return wrong_type(name);
    texts.emplace_back(*text);
  }
  return texts;
}

}  // namespace latchkey::protocol::json
