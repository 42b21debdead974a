#include "protocol/release/object_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace latchkey::protocol::release {
namespace {

constexpr TreeRoot nothing{};  // what a full object starts from

struct Cost {
  std::uint64_t weight = 0;  // bytes and hops
  std::size_t hops = 0;
  auto operator<=>(const Cost&) const = default;
};

// Dijkstra's algorithm over some dozen trees; the linear search for the next costs less than a queue would.
class Search final {
 public:
  Search(const ReleaseDescriptor& release, const PlanStart& start, const PlanOptions& options)
      : release_(release), start_(start), options_(options) {
    reached_[nothing] = {};
    for (const TreeRoot& tree : start.trees) reached_[tree] = {};
  }

  Result<ObjectPlan> run() {
    while (const TreeRoot* const next = nearest_open()) {
      if (*next == release_.tree.root) return path_to(*next);
      Node& node = reached_[*next];
      node.is_done = true;
      extend(*next, node.cost);
    }
    return fail(Code::not_found, "no object leads to the release");
  }

 private:
  struct Node {
    Cost cost;
    std::optional<std::size_t> by;  // the object that led here
    bool is_done = false;
  };

  const TreeRoot* nearest_open() const {
    const TreeRoot* nearest = nullptr;
    Cost least{std::numeric_limits<std::uint64_t>::max(), 0};
    for (const auto& [tree, node] : reached_)
      if (!node.is_done && node.cost < least) least = node.cost, nearest = &tree;
    return nearest;
  }

  void extend(const TreeRoot& from, Cost so_far) {
    for (std::size_t i = 0; i < release_.objects.size(); ++i) {
      const ObjectEntry& object = release_.objects[i];
      if (object.base.value_or(nothing) != from || !is_usable(object)) continue;
      const Cost cost{so_far.weight + price_of(object) + options_.bytes_per_hop, so_far.hops + 1};
      const auto [at, is_new] = reached_.try_emplace(target_of(object, release_));
      if (is_new || cost < at->second.cost) at->second = {cost, i, false};
    }
  }

  static bool is_in(std::span<const ObjectId> ids, const ObjectId& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
  }
  bool is_usable(const ObjectEntry& object) const {
    return object.memory <= options_.memory && !is_in(start_.excluded, object.id);
  }
  std::uint64_t price_of(const ObjectEntry& object) const {
    return is_in(start_.available, object.id) ? 0 : object.length;
  }

  ObjectPlan path_to(TreeRoot tree) {
    ObjectPlan plan;
    for (auto by = reached_[tree].by; by; by = reached_[tree].by) {
      plan.objects.push_back(*by);
      plan.bytes += price_of(release_.objects[*by]);
      tree = release_.objects[*by].base.value_or(nothing);
    }
    std::reverse(plan.objects.begin(), plan.objects.end());
    return plan;
  }

  const ReleaseDescriptor& release_;
  const PlanStart& start_;
  const PlanOptions& options_;
  std::map<TreeRoot, Node> reached_;
};

}  // namespace

Result<ObjectPlan> plan_objects(const ReleaseDescriptor& release, const PlanStart& start, const PlanOptions& options) {
  return Search(release, start, options).run();
}

}  // namespace latchkey::protocol::release
