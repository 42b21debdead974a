// What a publisher may change of an app's repository besides releases: the root and targets roles with channels.json,
// and a channel's role signed anew for the same release (new keys, or before it expires).
#pragma once

#include <span>

#include "release/repository/online_roles.h"

namespace latchkey::release {

// "2.root.json", "3.targets.json", "channels.json", "5.ch-stable.json".
struct UploadedFile {
  std::string name;
  Bytes bytes;
};

// Takes all of them or none; a file that is current already, or of a version before, is passed over. Roots come one by
// one; other roles may skip versions that were signed and never sent. Makes an empty policy for every policy role
// that is new, and signs snapshot and timestamp. Refuses what devices would refuse, and what the server could not
// serve: a root that does not name its online keys, delegations that are not this server's layout, channels without a
// role. Where they name a key of `next` in place of the one of `keys`, it takes over: it is in `keys` afterwards, and
// its role among those answered, and what its predecessor signed is signed again. When a channel's keys change, its
// role comes signed anew for the same release; or a new root comes with them, and then the channel has nothing that
// devices take until its next release, which may have any number above that of the newest embedded bundle: how a
// publisher gets rid of what stolen keys released. The detail names the file. Fails: invalid_argument (names, layout),
// metadata_mismatch (a version that does not follow), and as check_as_device.
Result<std::vector<std::string>> take_metadata(Repository& repository, std::span<const UploadedFile> files,
                                               OnlineKeys& keys, NextKeys next, const OnlineLifetimes& lifetimes,
                                               Instant now);

}  // namespace latchkey::release
