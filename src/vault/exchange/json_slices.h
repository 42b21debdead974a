// Walks the outermost container of a JSON document without building a tree of it: documents of a million members in
// little memory, and values exactly as they were written. Only the container itself is checked: whoever takes a slice
// parses it, which is what refuses malformed ones.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/wiping.h"

namespace latchkey::vault {

// `value`: the text of one value, without white space around it.
using UseMember = std::function<Status(const WipedString& name, std::string_view value)>;
using UseElement = std::function<Status(std::string_view value)>;

// Whether the first character that is not white space opens an object.
bool looks_like_json_object(std::string_view text);

// In the order of the document; names may come twice. `text` is an object, or an array, and nothing else beside white
// space. Fails: invalid_format (with the byte's offset), and what `use` fails with.
Status for_each_member(std::string_view text, const UseMember& use);
Status for_each_element(std::string_view text, const UseElement& use);

// The string that `value` is. Fails: invalid_format.
Result<WipedString> parse_json_string(std::string_view value);

}  // namespace latchkey::vault
