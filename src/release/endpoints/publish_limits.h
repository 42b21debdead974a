// Bounds of what publishers send.
#pragma once

#include <cstddef>

#include "protocol/limits.h"

namespace latchkey::release {

// Files of tuf_targets_bytes and tuf_root_bytes in base64url; a batch has two or three of them.
inline constexpr std::size_t max_metadata_body = 4 * 1024 * 1024;
// A descriptor of 256 KiB and a role of 512,000 bytes, in base64url.
inline constexpr std::size_t max_release_body = 2 * 1024 * 1024;
inline constexpr std::size_t max_object_bytes = protocol::limits::object_bytes;

}  // namespace latchkey::release
