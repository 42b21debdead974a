// What the release service says of an app's channels and releases (docs/configuration.md), as people are shown it:
// every text is a line without control characters, so that a server cannot write to the terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/release/names.h"

namespace latchkey::publish {

struct ListedRelease {
  protocol::release::ReleaseId id;
  std::string name;
  std::int64_t basis_points = 0;  // of the devices: it is offered to so many
  bool is_halted = false, is_paused = false;
  std::string reason;  // for that; may be empty
  std::int64_t devices = 0, failed = 0;
  bool is_watched = true;                        // it pauses itself when too many devices fail
  std::optional<std::int64_t> failing_networks;  // that failures came from since it was published or resumed
};

struct ListedChannel {
  std::string name;
  std::optional<ListedRelease> newest;
};

// The newest first, as the server gives them; none when there is no such member. Fails: invalid_format,
// input_too_large.
Result<std::vector<ListedRelease>> parse_release_list(std::string_view json);
Result<std::vector<ListedChannel>> parse_channel_list(std::string_view json);

}  // namespace latchkey::publish
