// Paths of targets, and the patterns by which they are delegated (TUF 1.0.34 section 4.5). Only what every client reads
// alike is allowed: `*` stands for any part of one path component and never for `/`; there is no `**`, `?` or `[`.
#pragma once

#include <string_view>

#include "base/result.h"

namespace latchkey::protocol::tuf {

// Components of letters, digits, `-`, `_` and `.`, not beginning with a dot, divided by `/`; 1 to tuf_path_bytes in
// all. Fails: invalid_format.
Status check_target_path(std::string_view path);

// The same with `*`. Fails: invalid_format.
Status check_path_pattern(std::string_view pattern);

// Both checked.
bool matches(std::string_view pattern, std::string_view path);

// A role's name, which is part of file names: ^[a-z0-9][a-z0-9-]{0,63}$. Fails: invalid_format.
Status check_role_name(std::string_view name);

}  // namespace latchkey::protocol::tuf
