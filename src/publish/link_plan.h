// From which bundles a new release gets patches, and which older patches it keeps pointing at. Pure.
// A release links back to the last release, the second, fourth and eighth last, and so on: so that any of the releases
// kept is reached in logarithmically many steps, over logarithmically many objects a release. On top come the bundles
// most devices have now, and those that ship inside native builds: everybody starts with one of these.
#pragma once

#include <span>
#include <vector>

#include "protocol/release/release_descriptor.h"

namespace latchkey::publish {

namespace release = protocol::release;

struct LinkWishes {
  std::span<const release::ReleaseDescriptor> history = {};  // of the channel, oldest first
  std::span<const release::TreeRoot> most_used = {};         // the most used first
  std::span<const release::TreeRoot> embedded = {};          // in native builds that are alive
};

inline constexpr std::size_t max_skip_links = 4;  // 1, 2, 4 and 8 releases back
inline constexpr std::size_t max_most_used = 8;   // the rest takes more steps, or the full bundle
inline constexpr std::size_t max_embedded = 16;

// The roots to make patches from, in the order of their worth, none twice and never `target` itself.
std::vector<release::TreeRoot> plan_links(const release::TreeRoot& target, const LinkWishes& wishes);

// The objects of `previous` (the channel's last release) that shorten the way of a device with one of `starts` to
// `next`, whose own objects are given: what its descriptor lists besides. Those not needed by any are left out, and so
// is what would pass limits::descriptor_objects. Their targets are filled in.
std::vector<release::ObjectEntry> carry_links(const release::ReleaseDescriptor& previous,
                                              const release::ReleaseDescriptor& next,
                                              std::span<const release::TreeRoot> starts);

}  // namespace latchkey::publish
