// What a field of a message may be made of (RFC 9110 section 5), for what is sent and for what servers answer.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/headers.h"

namespace latchkey::http {

bool is_field_name(std::string_view name);
// No control characters but tabs; other bytes beyond ASCII are let through, as old servers send them.
bool is_field_value(std::string_view value);

// A line of a response's head, with or without its end; views into it. The value comes without the white space around
// it. Fails: protocol_violation (no name, white space before the colon or before the name, a folded line, control
// characters).
Result<Headers::Field> parse_field(std::string_view line);

}  // namespace latchkey::http
