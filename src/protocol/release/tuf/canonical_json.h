// Canonical JSON as TUF signs it (OLPC, wiki.laptop.org/go/Canonical_JSON; TUF 1.0.34 section 4.2): members sorted by
// the bytes of their names, no white space, integers only, and in strings nothing escaped but `\` and `"`.
#pragma once

#include <string>

#include "base/result.h"
#include "protocol/json.h"

namespace latchkey::protocol::tuf {

// Fails: invalid_format (a number that is no integer, or beyond 2^53 - 1, where JavaScript clients would read another).
Result<std::string> to_canonical(const json::Value& value);

}  // namespace latchkey::protocol::tuf
