// Turns a bundle into a release that is ready to be signed: plans the patches, makes the objects, writes the
// descriptor. Signing it is the repository editor's, sending it the API client's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/release/release_descriptor.h"
#include "publish/bundle_store.h"
#include "publish/link_plan.h"
#include "publish/object_maker.h"
#include "publish/work_progress.h"

namespace latchkey::publish {

struct ReleaseRequest {
  std::string app;
  std::string channel;
  std::string name;
  Instant issued{};
  release::RolloutTerms terms;  // the id included
  std::optional<release::ReleaseId> rollback_of;
};

// A release with the same tree, of this channel or another: what leads to the tree need not be packed again.
struct EarlierRelease {
  const release::ReleaseDescriptor& descriptor;
  const release::KeyRing& ring;  // what its objects were encrypted for
};

struct BuildContext {
  const BundleStore& store;  // where the bundles that patches start from lie
  const ObjectReaders& readers;
  // Opens what earlier releases were encrypted for, so that their patches can be carried on.
  const release::KeyRing& ring;
  LinkWishes wishes;
  ObjectOptions options;
  WorkProgress progress;  // objects made
};

// What became of a wished base's patch.
enum class LinkOutcome : std::uint8_t { made, reused, bundle_missing, larger_than_full };
std::string_view describe(LinkOutcome outcome);

struct LinkReport {
  release::TreeRoot base{};
  LinkOutcome outcome = LinkOutcome::made;
};

struct BuiltRelease {
  release::ReleaseDescriptor descriptor;
  std::string json;               // the descriptor, canonical: what the channel's role signs
  std::vector<LinkReport> links;  // in the order of the plan
  std::size_t carried = 0;        // objects of earlier releases it goes on listing
  std::size_t reused = 0;         // objects of the same tree, made for an earlier release
};

// Where a new object goes; called from build_release()'s own thread, in the order of the plan.
using ObjectSink = std::function<Status(const release::ObjectEntry& entry, ByteView bytes)>;

// Objects are made on as many threads as there are cores and memory is for; the descriptor does not depend on how many.
// The sequence is one more than the last of the history. Fails: invalid_argument (the request), input_too_large (a
// descriptor beyond its limit), and what making, wrapping and the sink fail with.
Result<BuiltRelease> build_release(const Bundle& bundle, const ReleaseRequest& request, const BuildContext& context,
                                   const ObjectSink& sink);

// Releases an earlier release's tree again: another channel gets it, or this one goes back to it. Its objects are taken
// over, their keys wrapped for today's readers and nobody else; and only those that start from a tree this channel's
// devices may have, so that a private channel's other trees stay its own. `bundle` makes the patches that are missing;
// without one (it is not in the store any more) they are left out. Fails also: not_found (no bundle, and its full
// object cannot be opened), invalid_argument (a bundle of another tree).
Result<BuiltRelease> release_again(const EarlierRelease& earlier, const Bundle* bundle, const ReleaseRequest& request,
                                   const BuildContext& context, const ObjectSink& sink);

}  // namespace latchkey::publish
