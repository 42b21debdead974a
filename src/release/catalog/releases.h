// Published releases with what the policy says of them and what devices reported, and the objects that are stored.
#pragma once

#include <optional>

#include "protocol/release/policy.h"
#include "protocol/release/release_descriptor.h"
#include "release/rollout/pause_rule.h"
#include "sql/transaction.h"

namespace latchkey::release {

using protocol::release::ReleaseId;

struct StoredRelease {
  std::string channel;
  protocol::release::PolicyEntry state;  // id, share, halted, paused, reason
  std::uint64_t sequence = 0;
  std::int64_t root_version = 0;  // the newest root under which devices could take it; 0: not known
  std::string name;
  protocol::release::TreeRoot root{};
  Instant published_at{};
  Outcomes outcomes;                // devices that said how it went
  std::uint64_t activated = 0;      // devices that started it
  std::uint64_t not_installed = 0;  // devices on which it could not be installed
  Evidence evidence;                // what of the outcomes may pause it
  bool is_watched = true;           // it pauses itself when there is enough
};

// Fails: already_exists (the id, or the sequence under this root, on this channel).
Status insert_release(sql::Transaction& tx, const protocol::release::ReleaseDescriptor& release,
                      std::int64_t root_version, Instant now);
// Devices can take it under this root, too.
Status update_root_version(sql::Transaction& tx, const protocol::release::ReleaseDescriptor& release,
                           std::int64_t root_version);
Result<std::optional<StoredRelease>> find_release(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                                  const ReleaseId& id);
// Newest first.
Result<std::vector<StoredRelease>> list_releases(sql::Transaction& tx, std::string_view app, std::string_view channel,
                                                 int limit);
Status update_state(sql::Transaction& tx, std::string_view app, std::string_view channel,
                    const protocol::release::PolicyEntry& state);  // Fails: not_found
Status update_watch(sql::Transaction& tx, std::string_view app, std::string_view channel, const ReleaseId& id,
                    bool is_watched);
// What the channel's policy is to say now: the newest releases.
Result<protocol::release::Policy> make_policy(sql::Transaction& tx, std::string_view app, std::string_view channel);

Status insert_object(sql::Transaction& tx, std::string_view app, const protocol::release::ObjectId& id,
                     std::uint64_t size, Instant now);
Result<std::optional<std::uint64_t>> find_object_size(sql::Transaction& tx, std::string_view app,
                                                      const protocol::release::ObjectId& id);
// All that the release names are stored, with the lengths it names. Fails: not_found (the object in the detail),
// metadata_mismatch.
Status check_objects(sql::Transaction& tx, const protocol::release::ReleaseDescriptor& release);

}  // namespace latchkey::release
