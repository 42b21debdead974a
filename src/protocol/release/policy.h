// policy.json: what the server says about a channel's releases, signed by its online key. It can only reduce what the
// signed releases allow. Format: docs/formats/rollout-v1.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "protocol/release/names.h"

namespace latchkey::protocol::release {

struct PolicyEntry {
  ReleaseId id;
  std::uint32_t bps = 0;
  bool halted = false;      // withdrawn: devices not yet on it stay away for good
  bool paused = false;      // nobody new for now
  std::string reason = {};  // for people; at most 200 bytes, no control characters
  friend bool operator==(const PolicyEntry&, const PolicyEntry&) = default;
};

struct Policy {
  std::string app;
  std::string channel;
  Instant issued{};                        // whole seconds
  std::vector<PolicyEntry> releases = {};  // each once

  const PolicyEntry* find(const ReleaseId& id) const;  // null if there is none
  friend bool operator==(const Policy&, const Policy&) = default;
};

// Unknown members are refused: one might be a reduction. Fails: invalid_format, input_too_large.
Result<Policy> parse_policy(std::string_view json);
// Fails: invalid_argument.
Status check_policy(const Policy& policy);
// Canonical. `policy` passes check_policy.
std::string print_policy(const Policy& policy);

}  // namespace latchkey::protocol::release
