// The next version of a role, as its keepers want it: other keys, another threshold, a new channel, a new release, or
// only more time. Pure: nothing is signed or stored here.
#pragma once

#include <set>

#include "protocol/release/tuf/roles.h"

namespace latchkey::publish {

namespace tuf = protocol::tuf;

// How long each role's files are believed. The longer, the longer a stolen key or a cut-off server can hold a device
// back; the shorter, the more often people sign.
struct Lifetimes {
  std::chrono::days root{365};
  std::chrono::days targets{120};
  std::chrono::days channel{30};
  std::chrono::days snapshot{7};
  std::chrono::days timestamp{2};  // for repositories without a server
  std::chrono::days of(std::string_view role) const;
};

struct KeyChange {
  std::vector<tuf::TufKey> add;
  std::set<tuf::KeyId> remove;
  std::optional<std::size_t> threshold;

  bool is_empty() const { return add.empty() && remove.empty() && !threshold; }
};

// Keys that no role uses any more go. Fails: invalid_argument (a key that is there or is not, a threshold that the keys
// cannot reach), not_found (no such role).
Result<tuf::Root> change_keys(tuf::Root root, std::string_view role, const KeyChange& change, Instant expires);
Result<tuf::Targets> change_keys(tuf::Targets targets, std::string_view role, const KeyChange& change, Instant expires);

std::string channel_role(std::string_view channel);  // "ch-stable"
std::string policy_role(std::string_view channel);   // "policy-stable"

struct ChannelKeys {
  std::vector<tuf::TufKey> keys;
  std::size_t threshold = 1;
  std::optional<tuf::TufKey> policy;  // the server's; nothing for repositories without one
};
// Delegates `<channel>/*`, and `policy/<channel>/*`. The version stays. Fails: invalid_argument, already_exists.
Result<tuf::Targets> add_channel(tuf::Targets targets, std::string_view channel, const ChannelKeys& keys);

// What the channel's role signs for a release. `before`: its last version. Fails: invalid_argument (the channel's
// name).
Result<tuf::Targets> name_release(const std::optional<tuf::Targets>& before, std::string_view channel,
                                  ByteView descriptor, Instant expires);

}  // namespace latchkey::publish
