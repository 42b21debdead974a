// Every bound on untrusted input, with its reason. What exceeds one is refused, never truncated.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::protocol::limits {

// --- HTTP server: requests ---
// A browser's head is 1-3 KiB and a DPoP proof with a bearer token adds 2-3 KiB; 16 KiB is what nginx and Node allow.
inline constexpr std::size_t request_head = 16 * 1024;
inline constexpr std::size_t request_fields = 64;
// An authorization request with a long state and claims fits into 4 KiB; RFC 9112 section 3 asks for at least 8000
// bytes.
inline constexpr std::size_t request_line = 8 * 1024;
// OAuth and account requests are forms and small JSON; routes that take more say so.
inline constexpr std::size_t request_body = 64 * 1024;
// Nobody we know sends chunk extensions (RFC 9112 section 7.1.1); an unread one is a place to hide things.
inline constexpr std::size_t chunk_extension = 64;
// Browsers do not pipeline and load tools stay below this; more would let one client hold a thread for long.
inline constexpr std::size_t pipelined_requests = 16;

// --- HTTP server: connections ---
// A handshake takes 1-2 round trips; 5 s spans a satellite link with a lost packet.
inline constexpr std::chrono::seconds tls_handshake{5};
// From the first byte of a head to its last; a head fits into a dozen packets. Stops slowloris.
inline constexpr std::chrono::seconds request_head_time{5};
// Between two requests: longer than a page load, short enough that idle clients cost little.
inline constexpr std::chrono::seconds keep_alive_idle{15};
// Bodies and responses must move at this rate on average once the grace is over (slow body, slow reader).
inline constexpr std::chrono::seconds slow_transfer_grace{5};
inline constexpr std::size_t minimum_bytes_per_second = 1024;
// Bounds what one connection can hold on to, and spreads clients anew after a deployment.
inline constexpr std::size_t requests_per_connection = 1000;
// An office behind one address opens some dozens; IPv6 counts by /64, which is what one subscriber gets.
inline constexpr std::size_t connections_per_address = 64;
// At most 20 KiB each when idle: bounds memory to some 300 MiB under a flood.
inline constexpr std::size_t connections = 16 * 1024;
// Requests under way at SIGTERM get this long; systemd waits 90 s by default and orchestrators 30 s.
inline constexpr std::chrono::seconds drain_time{10};

}  // namespace latchkey::protocol::limits
