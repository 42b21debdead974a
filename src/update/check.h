// Asks the repository what there is: metadata, channels, policy, the channel's release. Everything is verified by
// protocol/release/tuf; nothing is decided here.
#pragma once

#include <optional>

#include "protocol/release/channels.h"
#include "protocol/release/policy.h"
#include "protocol/release/release_descriptor.h"
#include "update/fetcher.h"
#include "update/kept_roots.h"

namespace latchkey::update {

struct CheckRequest {
  std::string app;
  std::string channel;  // empty: the default one
  Bytes root;           // the metadata file that came with the app
  std::optional<RootPin> pin;
  std::map<std::string, std::uint64_t> sequences;  // newest release seen of each channel
  Instant now{};                                   // not before the time floor
  // Without the floor. It holds when the repository's root is newer than the known one: the keys that were wrong about
  // the time may be those it replaces.
  Instant now_without_floor{};
};

struct CheckAnswer {
  protocol::release::Channels channels;
  std::string channel;
  std::optional<protocol::release::Policy> policy;  // nothing: nobody is delegated to make one
  std::optional<protocol::release::ReleaseDescriptor> release;
  std::map<std::string, std::uint64_t> versions;  // of root, timestamp, snapshot
  Instant newest_issued{};                        // a moment that has surely passed
  RootPin pin;                                    // the root that all of it was verified under
  bool has_newer_root = false;                    // than the known one
};

// What a check verified, for the next one of the same process and folder: the chain of roots from the app's own on, and
// what was signed under the last of them. It is believed as long as `pin` is what the sealed state remembers.
struct VerifiedMetadata {
  OpenedRoots opened;
  RootPin pin;
};

// Reads and keeps metadata in `meta/` of `vfs`. `last`: what the last check left, if any did; whatever goes wrong
// empties it, and the next check reads and verifies what was kept. Fails: metadata_expired, metadata_rolled_back (also
// against `known` versions, should `meta/` be lost, and against the newest release of the channel that was seen),
// metadata_mismatch, signature_invalid, not_found (no such repository or channel), and as Fetcher.
Result<CheckAnswer> check_repository(Fetcher& fetcher, Vfs& vfs, const CheckRequest& request,
                                     const std::map<std::string, std::uint64_t>& known,
                                     std::optional<VerifiedMetadata>& last, const std::stop_token& stop);

}  // namespace latchkey::update
