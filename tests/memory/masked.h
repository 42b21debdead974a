// Canaries on their way between the two programs: XOR-masked, so that neither a file, nor a pipe buffer, nor a constant
// in the program text is mistaken for a leak.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace latchkey::memory_test {

inline constexpr std::uint8_t mask = 0xa5;

// The file of canaries: these four, each of canary_size bytes, in this order.
inline constexpr std::size_t canary_size = 40;
inline constexpr std::array<std::string_view, 4> canary_names{"passcode", "wrong passcode", "refresh token",
                                                              "access token"};

// The same for session_target: what the vault opens with, the tokens it starts with, and those the server renews them
// to.
inline constexpr std::array<std::string_view, 5> session_canary_names{
    "passcode", "old refresh token", "old access token", "refresh token", "access token"};

// Of the server that identity_target is, and its only app.
inline constexpr std::string_view server_issuer = "https://id.test";
inline constexpr std::string_view callback = "https://app.test/callback";

// What the target writes to standard output, one byte each, and then waits for one byte on standard input.
enum class Step : char {
  unlocked = 'u',
  locked = 'l',
  failed_unlock = 'f',
  serving = 's',
  stopped = 't',
  browser_opened = 'b',
  signed_in = 'i'
};

inline void copy_masked(ByteView from, MutableBytes to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] ^ mask;
}

}  // namespace latchkey::memory_test
