// Bounds on the files that operators, publishers and devices hand to the command line. Part of protocol/limits.h; files
// of records and keys are in vault.h and release.h.
#pragma once

#include <cstddef>

namespace latchkey::protocol::limits {

// An operator's configuration, a device's settings, the answer with a server's online keys: a dozen to a hundred lines.
inline constexpr std::size_t settings_file_bytes = 64 * 1024;
// A certificate with its chain has 8 KiB; Debian's file of all trusted ones 215.
inline constexpr std::size_t pem_file_bytes = 256 * 1024;
// One line: a database's password, or the token of an event receiver, which may be a JWT.
inline constexpr std::size_t secret_file_bytes = 8 * 1024;
// One line about the last check for updates.
inline constexpr std::size_t check_file_bytes = 16 * 1024;
// 32 hex digits (machine-id(5)).
inline constexpr std::size_t machine_id_file_bytes = 256;

}  // namespace latchkey::protocol::limits
