// Which names a file of a bundle may have: those that mean the same file, below the bundle's folder, on Linux, Android,
// macOS, iOS and Windows. The publisher's tool and the device apply the same rules, so that a path that climbs out, or
// two paths that are one file somewhere, cannot be expressed.
//   - 1 to 180 bytes; parts joined by '/', none empty, "." or ".."; so relative, and no trailing '/';
//   - UTF-8 in form NFC, no control, format or unassigned characters (protocol/unicode_text.h);
//   - none of `\ : * ? " < > |`: separators, drives, streams and wildcards of Windows;
//   - no part ends in '.' or ' ', which Windows drops; no part is a device name of Windows (CON, NUL, COM1, LPT1 ...),
//     whatever its case and suffix.
// That all entries are regular files is the format's doing: there is no place to say anything else.
#pragma once

#include <string_view>

#include "base/result.h"

namespace latchkey::protocol::release {

// Fails: invalid_format, with the broken rule as detail (never the path).
Status check_bundle_path(std::string_view path);

}  // namespace latchkey::protocol::release
