// Which devices a release's predicates let in. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/release/rollout_terms.h"

namespace latchkey::protocol::release {

// How the device came to its channel.
enum class ChannelChoice {
  built_in,  // the app's configuration names it, or it is the default
  chosen,    // somebody chose it on the device; only channels open to self-assignment take that
};

// What the device knows about itself; none of it is sent anywhere for a decision.
struct DeviceFacts {
  DeviceId id;
  std::string channel;
  ChannelChoice channel_choice = ChannelChoice::built_in;
  std::string platform;  // android, electron, ios, web
  std::string os;        // its version: "17.4.1"; empty if unknown
  NativeVersion native;
  std::optional<ByteArray<32>> fingerprint;  // of the native part; nothing if the build has none
  std::string locale;                        // BCP 47: "de-AT"; empty if unknown
  std::vector<std::string> labels;           // the app's own words: "staff"
};

// Whether the device meets all of them. Fields and operators:
//   platform        in, prefix
//   os              in, prefix (whole parts: "17" fits "17.4", not "170"), min, max (numbers, as native versions)
//   native_version  the same
//   locale          in, prefix (whole subtags: "de" fits "de-AT", not "den")
//   label           in, prefix; one of the device's labels suffices
// `in` and `prefix` want one of the values; `min` and `max` take exactly one, and are inclusive. Everything else -
// another field, operator or number of values, a value or a fact that is no version where one is compared - is met by
// nobody.
bool meets(const DeviceFacts& device, std::span<const Predicate> targeting);

}  // namespace latchkey::protocol::release
