// release.json: one release of one channel, as the channel's role signs it (a TUF target). It binds who may have the
// release, the tree of files it is, and every object a device may build that tree from. Format:
// docs/formats/release-v1.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "protocol/release/key_wrap.h"
#include "protocol/release/rollout_terms.h"
#include "protocol/release/tree.h"

namespace latchkey::protocol::release {

using ObjectId = crypto::Sha256Digest;  // of the whole object; its file name

// One edge of the graph of trees: whoever has `base` gets to `target` with it.
struct ObjectEntry {
  ObjectId id{};
  std::uint64_t length = 0;        // of the whole object
  std::uint64_t plain_length = 0;  // of the patch in it
  std::uint64_t memory = 0;        // bytes that applying takes at most, besides the patch
  std::optional<TreeRoot> base;    // none: from nothing
  std::optional<TreeRoot> target;  // none: the release's own tree; else an older release's, on the way to it
  std::vector<WrappedKey> keys;    // at least one

  friend bool operator==(const ObjectEntry&, const ObjectEntry&) = default;
};

struct TreeSummary {
  TreeRoot root{};
  std::uint32_t files = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const TreeSummary&, const TreeSummary&) = default;
};

struct ReleaseDescriptor {
  std::string app;
  std::string channel;
  std::string name;            // "1.4.2": for people, decides nothing
  std::uint64_t sequence = 0;  // from 1; rises with every release of the channel, a rollback's too; below 2^53
  Instant issued{};            // whole seconds
  RolloutTerms terms;          // the release's id, platforms, native versions, rollout
  TreeSummary tree;
  std::optional<ReleaseId> rollback_of;  // the older release this one restores
  std::vector<ObjectEntry> objects;      // at least one; each id once

  friend bool operator==(const ReleaseDescriptor&, const ReleaseDescriptor&) = default;
};

// What reading and writing hold to: names, times, totals within protocol/limits.h, an object's length that of its
// padded patch, no edge from a tree to itself, no two objects with one id. Fails: invalid_argument.
Status check_release(const ReleaseDescriptor& release);

// Canonical JSON only: what would be printed otherwise than it was read is refused, unknown members among it. Fails:
// future_version (a later format), invalid_format, input_too_large.
Result<ReleaseDescriptor> parse_release(std::string_view json);

// Canonical. Fails: invalid_argument (check_release), input_too_large (more than limits::descriptor_bytes).
Result<std::string> print_release(const ReleaseDescriptor& release);

// Where an object leads.
inline const TreeRoot& target_of(const ObjectEntry& object, const ReleaseDescriptor& release) {
  return object.target ? *object.target : release.tree.root;
}
// What its file key is good for.
KeyPurpose purpose_of(const ObjectEntry& object, const ReleaseDescriptor& release);

}  // namespace latchkey::protocol::release
