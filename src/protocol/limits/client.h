// Bounds on what reaches a device from outside: answers of servers, a browser's redirect. Part of protocol/limits.h.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::protocol::limits {

// What servers accept as a request line.
inline constexpr std::size_t request_url_bytes = 8 * 1024;
// Unless a client is told otherwise: token answers have 4 KiB, discovery and JWKS up to 64.
inline constexpr std::size_t response_body_bytes = std::size_t{1} << 20;
// Four times what servers take as a request's head; some add long policies.
inline constexpr std::size_t response_head_bytes = std::size_t{64} << 10;
// For the whole head of the redirect: a browser on the same machine needs microseconds.
inline constexpr std::chrono::seconds redirect_head_time{5};
// Connections to the loopback listener at a time: a browser opens two or three.
inline constexpr std::size_t redirect_connections = 16;

}  // namespace latchkey::protocol::limits
