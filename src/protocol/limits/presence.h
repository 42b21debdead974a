// Bounds on statements of the user's presence (docs/formats/presence-v1.md). Part of protocol/limits.h.
#pragma once

#include <cstddef>

namespace latchkey::protocol::limits {

// A purpose is a word in a list that people compare with what they meant to allow.
inline constexpr std::size_t presence_purpose_bytes = 64;
// Below 16 bytes a challenge can be guessed; beyond 512 it is no challenge.
inline constexpr std::size_t presence_challenge_minimum = 16;
inline constexpr std::size_t presence_challenge_maximum = 512;
// A PAM service's name is a file's name below /etc/pam.d.
inline constexpr std::size_t pam_service_bytes = 64;
// PAM_MAX_RESP_SIZE: longer answers are refused by libpam itself.
inline constexpr std::size_t pam_password_bytes = 512;
// The length of a host name (RFC 1035 section 2.3.4), which bounds app ids as well.
inline constexpr std::size_t presence_origin_bytes = 255;

}  // namespace latchkey::protocol::limits
