// channels.json: the channels of an app, signed by its targets role. Format: docs/formats/rollout-v1.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latchkey::protocol::release {

struct Channel {
  std::string name;
  bool self_assign = false;                 // a device may choose it
  bool is_private = false;                  // its objects are for devices with the channel's own content key only
  std::vector<std::string> platforms = {};  // sorted; devices of others get nothing from it. None named: all
  friend bool operator==(const Channel&, const Channel&) = default;
};

struct Channels {
  std::string app;
  std::string default_channel;  // one of `channels`
  std::vector<Channel> channels;

  const Channel* find(std::string_view name) const;  // null if there is none
  friend bool operator==(const Channels&, const Channels&) = default;
};

// Unknown members are refused. Fails: invalid_format, input_too_large.
Result<Channels> parse_channels(std::string_view json);
// Fails: invalid_argument (a name, a channel twice, no such default, none or too many).
Status check_channels(const Channels& channels);
// Canonical. `channels` passes check_channels.
std::string print_channels(const Channels& channels);

}  // namespace latchkey::protocol::release
