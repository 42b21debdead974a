// A new release of a channel: its descriptor, and the channel's role that names it.
#pragma once

#include "protocol/release/release_descriptor.h"
#include "release/repository/online_roles.h"

namespace latchkey::release {

struct SignedRelease {
  Bytes descriptor;  // release.json
  Bytes metadata;    // N.ch-<channel>.json
};

// Whether it is what the channel has already: an answer got lost and the publisher asks again.
bool is_current(const Repository& repository, std::string_view channel, const SignedRelease& release);

// Of releases: whether they go on, or devices will take any above that of the bundle inside the app.
enum class Numbers { follow, begin_anew };

// Checks what can be told from the bytes alone: that the descriptor is of this app and channel, follows the last one,
// and is all the role names. Fails: invalid_argument, invalid_format, metadata_mismatch, metadata_rolled_back,
// not_found (no such channel).
Result<protocol::release::ReleaseDescriptor> read_release(const Repository& repository, std::string_view channel,
                                                          const SignedRelease& release, Numbers numbers, Instant now);

// Takes it: descriptor, role, the channel's policy (if it has one; `policy` speaks of the new release, too), snapshot,
// timestamp. Fails: as check_as_device.
Status take_release(Repository& repository, const SignedRelease& release, const protocol::release::Policy& policy,
                    const OnlineKeys& keys, const OnlineLifetimes& lifetimes, Instant now);

// Whether the targets role delegates a policy for the channel.
Result<bool> has_policy(const Repository& repository, std::string_view channel);

// A changed policy alone. Fails: not_found (the channel has none), and as check_as_device.
Status take_policy(Repository& repository, const protocol::release::Policy& policy, const OnlineKeys& keys,
                   const OnlineLifetimes& lifetimes, Instant now);

}  // namespace latchkey::release
