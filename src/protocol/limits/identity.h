// Bounds on what people and operators give the identity server. Part of protocol/limits.h.
#pragma once

#include <cstddef>

namespace latchkey::protocol::limits {

// The longest mail address (RFC 5321 section 4.5.3.1.3).
inline constexpr std::size_t login_name_bytes = 254;
// For an account whose only factor is the password (NIST SP 800-63B-4 section 3.1.1.2). The most: `password_bytes`.
inline constexpr std::size_t password_minimum_characters = 15;
// Each ending session makes a row for every one of them.
inline constexpr std::size_t event_receivers = 16;
// Of one answer; whoever wants more asks for the next page.
inline constexpr int events_in_answer = 100;

}  // namespace latchkey::protocol::limits
