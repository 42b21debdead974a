// Members of release files. In these files an unknown member is refused: what a reader does not know might be what
// keeps a device from an update.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/hex.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace latchkey::protocol::release {

// Every member's name is one of `known`. Fails: invalid_format.
Status check_members(const json::Value& object, std::initializer_list<std::string_view> known);

// `_type` is `type`. Fails: invalid_format.
Status check_type(const json::Value& object, std::string_view type);

// A whole number from `minimum` to `maximum`. Fails: invalid_format.
Result<std::int64_t> get_number(const json::Value& object, std::string_view name, std::int64_t minimum,
                                std::int64_t maximum);

// An array of `minimum` to `maximum` elements. Fails: invalid_format, input_too_large (more).
Result<const json::Array*> get_array(const json::Value& object, std::string_view name, std::size_t minimum,
                                     std::size_t maximum);

// A text that is hex of N bytes. Fails: invalid_format.
template <std::size_t N>
Result<ByteArray<N>> get_hex(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  auto bytes = parse_hex_array<N>(text);
  if (!bytes) return fail(Code::invalid_format, name);
  return bytes;
}

}  // namespace latchkey::protocol::release
