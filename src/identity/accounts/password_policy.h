// Which new passwords are accepted (NIST SP 800-63B-4 section 3.1.1.2): length, not composition; and none of the
// commonest.
#pragma once

#include <string_view>

#include "base/result.h"

namespace latchkey::identity {

inline constexpr std::size_t min_password_characters = 15;  // for an account whose only factor is the password
inline constexpr std::size_t max_password_bytes = 1024;     // bounds the work an attacker can ask for

// The sentence in Error::detail can be shown to the user as it is. Counts characters (code points), not bytes.
// Fails: invalid_argument.
Status check_new_password(std::string_view password, std::string_view login_name);

// What may be typed at sign-in at all: valid UTF-8 in a form NFC would not change, no NUL, 1 to max_password_bytes.
// Fails: invalid_argument.
Status check_typed_password(std::string_view password);

}  // namespace latchkey::identity
