// The cheapest way from the trees a device has to the one a release is, over the objects its descriptor lists (skip
// links: the last release, the second, fourth and eighth last ...). Pure and exact; the same on every device.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocol/release/release_descriptor.h"

namespace latchkey::protocol::release {

struct PlanOptions {
  // What one more object costs besides its bytes: a request, a decryption, writing a tree nobody runs. As bytes: what a
  // 2 Mbit/s link carries in 250 ms.
  std::uint64_t bytes_per_hop = 64 * 1024;
  // Objects that need more to apply are left out.
  std::uint64_t memory = ~std::uint64_t{0};
};

struct PlanStart {
  std::span<const TreeRoot> trees = {};      // complete on the device: the running, the previous, the built-in one
  std::span<const ObjectId> excluded = {};   // failed before
  std::span<const ObjectId> available = {};  // downloaded already: they cost their hop only
};

struct ObjectPlan {
  std::vector<std::size_t> objects;  // indices into release.objects, in the order to apply; empty: the tree is here
  std::uint64_t bytes = 0;           // to download
  friend bool operator==(const ObjectPlan&, const ObjectPlan&) = default;
};

// Ties go to fewer hops, then to the order of the descriptor. To step down after a failure, exclude the object that
// failed and ask again. Fails: not_found (nothing that is left leads there).
Result<ObjectPlan> plan_objects(const ReleaseDescriptor& release, const PlanStart& start,
                                const PlanOptions& options = {});

}  // namespace latchkey::protocol::release
