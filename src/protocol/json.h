// A strict JSON reader (RFC 8259), for input that may be hostile.
//   - exactly one value, UTF-8 checked, no BOM, no comments, no trailing commas, no lone surrogates;
//   - duplicate member names are refused: two parsers must never read one document differently;
//   - integers that fit in 64 bits are int64, everything else with a number's form is a finite double, and the two are
//   told
//     apart: a reader that wants a whole number does not get 1e3 or 3.0;
//   - strings and containers live in memory that is wiped, because bodies carry tokens.
// Reading a member with the wrong type fails; it never counts as absence (CVE-2026-25537).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/wiping.h"
#include "protocol/limits.h"

namespace latchkey::protocol::json {

struct Limits {
  std::size_t bytes = limits::json_bytes;
  std::size_t depth = limits::json_depth;      // nested containers; a bare string has depth 0
  std::size_t members = limits::json_members;  // members and elements of the whole document
};

class Value;
struct Member;
using Array = std::vector<Value, WipingAllocator<Value>>;
// In the order of the document.
using Object = std::vector<Member, WipingAllocator<Member>>;

enum class Type { null, boolean, integer, real, string, array, object };

class Value final {
 public:
  Value();  // null
  explicit Value(bool value);
  explicit Value(const char*) = delete;  // would be a bool
  explicit Value(std::int64_t value);
  explicit Value(double value);
  explicit Value(WipedString value);
  explicit Value(Array value);
  explicit Value(Object value);
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  Type type() const { return static_cast<Type>(held_.index()); }
  bool is_null() const { return type() == Type::null; }
  bool is_object() const { return type() == Type::object; }

  // The value, or nothing if it is of another type. Views last as long as this value.
  std::optional<bool> to_bool() const;
  std::optional<std::int64_t> to_integer() const;
  std::optional<double> to_number() const;  // an integer or a real
  std::optional<std::string_view> to_string() const;
  const Array* to_array() const;
  const Object* to_object() const;

  // The member of that name, or null when there is none or this is no object.
  const Value* find(std::string_view name) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, WipedString, Array, Object> held_;
};

struct Member {
  WipedString name;
  Value value;
};

// Here, because they need Member to be complete.
inline Value::Value() = default;
inline Value::Value(bool value) : held_(value) {}
inline Value::Value(std::int64_t value) : held_(value) {}
inline Value::Value(double value) : held_(value) {}
inline Value::Value(WipedString value) : held_(std::move(value)) {}
inline Value::Value(Array value) : held_(std::move(value)) {}
inline Value::Value(Object value) : held_(std::move(value)) {}
inline Value::Value(const Value&) = default;
inline Value::Value(Value&&) noexcept = default;
inline Value& Value::operator=(const Value&) = default;
inline Value& Value::operator=(Value&&) noexcept = default;
inline Value::~Value() = default;

// Fails: invalid_format, input_too_large. `detail` tells the byte offset, never the contents.
Result<Value> parse(std::string_view text, const Limits& limits = {});
// The same, when only an object will do.
Result<Value> parse_object(std::string_view text, const Limits& limits = {});

// Typed access to the members of `object`. find_: nothing if absent; get_: must be there. A member of another type,
// null included, fails with invalid_format and the member's name as detail. Views last as long as `object`.
Result<std::optional<std::string_view>> find_string(const Value& object, std::string_view name);
Result<std::optional<std::int64_t>> find_integer(const Value& object, std::string_view name);
Result<std::optional<bool>> find_bool(const Value& object, std::string_view name);
Result<const Value*> find_object(const Value& object, std::string_view name);  // null if absent
Result<const Array*> find_array(const Value& object, std::string_view name);   // null if absent
Result<std::string_view> get_string(const Value& object, std::string_view name);
Result<std::int64_t> get_integer(const Value& object, std::string_view name);
Result<bool> get_bool(const Value& object, std::string_view name);
// An array of strings; empty if absent.
Result<std::vector<std::string>> find_strings(const Value& object, std::string_view name);

}  // namespace latchkey::protocol::json
