#include "publish/link_plan.h"

#include <algorithm>
#include <set>

#include "protocol/limits.h"
#include "protocol/release/object_plan.h"

namespace latchkey::publish {
namespace {

using release::ObjectEntry;
using release::ReleaseDescriptor;
using release::TreeRoot;

class Choice final {
 public:
  explicit Choice(const TreeRoot& target) : seen_{target} {}

  void add(const TreeRoot& root) {
    if (seen_.insert(root).second) chosen_.push_back(root);
  }
  void add(std::span<const TreeRoot> roots, std::size_t at_most) {
    for (const TreeRoot& root : roots.first(std::min(at_most, roots.size()))) add(root);
  }
  std::vector<TreeRoot> take() { return std::move(chosen_); }

 private:
  std::set<TreeRoot> seen_;
  std::vector<TreeRoot> chosen_;
};

// The trees of the channel, newest first; releases that brought an earlier tree back count once.
std::vector<TreeRoot> trees_back(const TreeRoot& target, std::span<const ReleaseDescriptor> history) {
  Choice trees(target);
  for (auto one = history.rbegin(); one != history.rend(); ++one) trees.add(one->tree.root);
  return trees.take();
}

}  // namespace

std::vector<TreeRoot> plan_links(const TreeRoot& target, const LinkWishes& wishes) {
  Choice choice(target);
  const auto back = trees_back(target, wishes.history);
  for (std::size_t link = 0; link < max_skip_links; ++link)
    if (const std::size_t distance = std::size_t{1} << link; distance <= back.size()) choice.add(back[distance - 1]);
  choice.add(wishes.most_used, max_most_used);
  choice.add(wishes.embedded, max_embedded);
  return choice.take();
}

std::vector<ObjectEntry> carry_links(const ReleaseDescriptor& previous, const ReleaseDescriptor& next,
                                     std::span<const TreeRoot> starts) {
  ReleaseDescriptor all = next;
  const std::size_t own = all.objects.size();
  for (ObjectEntry object : previous.objects) {
    object.target = release::target_of(object, previous);
    const bool is_known = std::any_of(next.objects.begin(), next.objects.end(),
                                      [&](const ObjectEntry& one) { return one.id == object.id; });
    // From nothing to an older release is no way to this one, and what leads here is the release's own.
    if (object.base && object.target != next.tree.root && object.base != next.tree.root && !is_known)
      all.objects.push_back(std::move(object));
  }
  std::set<std::size_t> used;
  for (const TreeRoot& start : starts) {
    const auto plan = release::plan_objects(all, {.trees = {&start, 1}});
    if (!plan) continue;
    for (const std::size_t index : plan->objects)
      if (index >= own && own + used.size() < protocol::limits::descriptor_objects) used.insert(index);
  }
  std::vector<ObjectEntry> carried;
  for (const std::size_t index : used) carried.push_back(all.objects[index]);
  return carried;
}

}  // namespace latchkey::publish
