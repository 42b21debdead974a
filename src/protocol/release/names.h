// The names and ids of live updates: apps, channels, releases, devices, native versions.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/strong.h"

namespace latchkey::protocol::release {

// 16 random bytes, printed as 32 hexadecimal digits; also the salt of the release's rollout.
using ReleaseId = Strong<struct ReleaseIdTag, ByteArray<16>>;
// 16 random bytes made on the device, which never leave it.
using DeviceId = Strong<struct DeviceIdTag, ByteArray<16>>;

Result<ReleaseId> parse_release_id(std::string_view hex);  // Fails: invalid_format
std::string print(const ReleaseId& id);

// An app's id: ^[a-z0-9][a-z0-9.-]{0,127}$ without "..": it is a folder of URLs. Fails: invalid_format.
Status check_app_id(std::string_view app);
// A channel's name: ^[a-z0-9][a-z0-9-]{0,31}$. It is part of TUF role names and paths. Fails: invalid_format.
Status check_channel_name(std::string_view channel);
// A word of ours on the wire: ^[a-z][a-z0-9_]{0,31}$. Fails: invalid_format.
Status check_word(std::string_view word);
// Text for people: UTF-8 without control characters, at most `max_bytes`; it may be empty. Fails: invalid_format.
Status check_line(std::string_view text, std::size_t max_bytes);

// The version of the native part of an app: one to three numbers below 2^31 with dots, what is missing counts as 0;
// compared number by number. "1.2" and "1.2.0" are equal and print as "1.2.0". No suffixes, no signs; leading zeroes
// are refused.
struct NativeVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  friend auto operator<=>(const NativeVersion&, const NativeVersion&) = default;
};
Result<NativeVersion> parse_native_version(std::string_view text);  // Fails: invalid_format
std::string print(const NativeVersion& version);

}  // namespace latchkey::protocol::release
