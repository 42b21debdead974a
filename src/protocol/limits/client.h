// Bounds on what reaches a device from outside: answers of servers, a browser's redirect. Part of protocol/limits.h.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::protocol::limits {

// What servers accept as a request line.
inline constexpr std::size_t request_url_bytes = 8 * 1024;
// Unless a client is told otherwise: token answers have 4 KiB, discovery and JWKS up to 64.
inline constexpr std::size_t response_body_bytes = std::size_t{1} << 20;
// Room made for a body because its length was announced, before a byte of it has come; more grows with what comes.
inline constexpr std::size_t announced_body_bytes = std::size_t{1} << 20;
// Four times what servers take as a request's head; some add long policies.
inline constexpr std::size_t response_head_bytes = std::size_t{64} << 10;
// Name lookup, TCP and TLS together: two lost packets and what comes after them.
inline constexpr std::chrono::milliseconds connect_time{10'000};
// For a whole exchange. Shorter than the server's grace window for a repeated refresh (120 s), so that a lost answer
// can be asked for again.
inline constexpr std::chrono::milliseconds response_time{30'000};
// For URLs that others chose, such as receivers of events: nobody waits, but a worker does.
inline constexpr std::chrono::milliseconds outbound_connect_time{5'000};
inline constexpr std::chrono::milliseconds outbound_response_time{10'000};
inline constexpr std::size_t outbound_response_bytes = std::size_t{64} << 10;
// For a vault's checkpoint: somebody waits for the vault to open.
inline constexpr std::chrono::milliseconds checkpoint_connect_time{3'000};
inline constexpr std::chrono::milliseconds checkpoint_response_time{8'000};
// Entity tags are kept with what they belong to; servers' have 20 to 70 characters.
inline constexpr std::size_t etag_bytes = 256;
// Servers whose DPoP nonces a client keeps: an app talks to a handful.
inline constexpr std::size_t dpop_origins = 64;
// Tokens with key ids nobody knows make a client fetch its issuer's keys once in this time, not once each.
inline constexpr std::chrono::minutes jwks_fetch_interval{1};
// A key that the issuer withdrew is not believed for longer.
inline constexpr std::chrono::hours jwks_lifetime{24};
// `expires_in` beyond it is cut: keeps sums of times within their type.
inline constexpr std::chrono::seconds token_lifetime = std::chrono::years(10);
// For the whole head of the redirect: a browser on the same machine needs microseconds.
inline constexpr std::chrono::seconds redirect_head_time{5};
// Connections to the loopback listener at a time: a browser opens two or three.
inline constexpr std::size_t redirect_connections = 16;

}  // namespace latchkey::protocol::limits
