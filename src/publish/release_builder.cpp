#include "publish/release_builder.h"

#include <algorithm>
#include <set>

#include "protocol/limits.h"
#include "publish/ordered_work.h"

namespace latchkey::publish {
namespace {

using release::ObjectEntry;
using release::ReleaseDescriptor;
using release::TreeRoot;

// What all objects that are made at once may take together: a machine that builds bundles has it.
constexpr std::uint64_t memory_for_objects = 2ULL << 30;

class Builder final {
 public:
  Builder(const release::TreeSummary& tree, const Bundle* bundle, const EarlierRelease* earlier,
          const ReleaseRequest& request, const BuildContext& context, const ObjectSink& sink)
      : bundle_(bundle), earlier_(earlier), context_(context), sink_(sink) {
    ReleaseDescriptor& release = built_.descriptor;
    release.app = request.app;
    release.channel = request.channel;
    release.name = request.name;
    release.issued = request.issued;
    release.terms = request.terms;
    release.rollback_of = request.rollback_of;
    release.sequence = context.wishes.history.empty() ? 1 : context.wishes.history.back().sequence + 1;
    release.tree = tree;
  }

  Result<BuiltRelease> run() {
    bases_ = plan_links(built_.descriptor.tree.root, context_.wishes);
    const OrderedWork<Found> work{
        bases_.size() + 1, workers(), [this](std::size_t i) { return find_or_make(i); },
        [this](std::size_t i, Found found) { return take(i, std::move(found)); },
        [this](std::size_t finished) { tell(context_.progress, "making patches", finished, bases_.size() + 1); }};
    tell(context_.progress, "packing the full bundle", 0, work.count);
    TRY_DO(make_in_order(work));
    TRY_DO(reuse_the_rest());
    TRY_DO(carry());
    TRY(built_.json, release::print_release(built_.descriptor));
    return std::move(built_);
  }

 private:
  // One of the plan; neither when the base is not in the store.
  struct Found {
    std::optional<ObjectEntry> reused;
    std::optional<MadeObject> made;
  };

  // As many as there are cores and memory is for.
  std::size_t workers() const {
    const std::uint64_t each = object_memory(built_.descriptor.tree.bytes);
    return std::clamp<std::uint64_t>(memory_for_objects / each, 1, std::max(1U, std::thread::hardware_concurrency()));
  }

  // The full bundle, then the patch from each base. On several threads at once.
  Result<Found> find_or_make(std::size_t index) const {
    const auto base = index == 0 ? std::nullopt : std::optional(bases_[index - 1]);
    Found found;
    TRY(found.reused, find_earlier(base));
    if (found.reused) return found;
    if (bundle_ == nullptr && !base)
      return fail(Code::not_found, "the bundle is not in the local store, and its full object cannot be opened");
    if (bundle_ == nullptr) return found;
    std::optional<Bundle> old_bundle;
    if (base) {
      TRY(old_bundle, context_.store.find(*base));
    }
    if (base && !old_bundle) return found;
    TRY(found.made, make_object(built_.descriptor.app, old_bundle ? &*old_bundle : nullptr, *bundle_, context_.readers,
                                context_.options));
    return found;
  }

  Status take(std::size_t index, Found found) {
    auto& objects = built_.descriptor.objects;
    const LinkOutcome outcome = index == 0 ? LinkOutcome::made : outcome_of(found, objects.front().length);
    if (index != 0) built_.links.push_back({bases_[index - 1], outcome});
    if (found.reused) add_earlier(std::move(*found.reused));
    if (!found.made || outcome != LinkOutcome::made) return {};
    TRY_DO(sink_(found.made->entry, found.made->bytes));
    objects.push_back(std::move(found.made->entry));
    return {};
  }

  static LinkOutcome outcome_of(const Found& found, std::uint64_t full) {
    if (found.reused) return LinkOutcome::reused;
    if (!found.made) return LinkOutcome::bundle_missing;
    return found.made->entry.length < full ? LinkOutcome::made : LinkOutcome::larger_than_full;
  }

  // The earlier release's object from `base` to the tree, if there is one that we can open.
  Result<std::optional<ObjectEntry>> find_earlier(const std::optional<TreeRoot>& base) const {
    if (earlier_ == nullptr) return std::nullopt;
    const auto& objects = earlier_->descriptor.objects;
    const auto found = std::ranges::find_if(objects, [&](const ObjectEntry& one) {
      return one.base == base && release::target_of(one, earlier_->descriptor) == built_.descriptor.tree.root;
    });
    if (found == objects.end()) return std::nullopt;
    ObjectEntry object = *found;
    const auto purpose = release::purpose_of(object, earlier_->descriptor);
    auto keys = rewrap(object.keys, earlier_->ring, context_.readers, purpose);
    if (!keys && keys.error().code == Code::key_missing) return std::nullopt;
    TRY(object.keys, std::move(keys));
    object.target.reset();
    return std::optional(std::move(object));
  }
  void add_earlier(ObjectEntry object) {
    built_.descriptor.objects.push_back(std::move(object));
    ++built_.reused;
  }

  // Patches nobody wished for are there all the same, and cost nothing.
  Status reuse_the_rest() {
    if (earlier_ == nullptr) return {};
    std::set<TreeRoot> there;
    for (const ObjectEntry& object : built_.descriptor.objects)
      if (object.base) there.insert(*object.base);
    for (const TreeRoot& root : starts())
      if (built_.descriptor.objects.size() < protocol::limits::descriptor_objects && there.insert(root).second) {
        TRY(auto object, find_earlier(root));
        if (object) add_earlier(std::move(*object));
      }
    return {};
  }

  // Every tree a device may have: those of earlier releases, and those the wishes name.
  std::vector<TreeRoot> starts() const {
    std::vector<TreeRoot> roots;
    for (const auto& earlier : context_.wishes.history) roots.push_back(earlier.tree.root);
    roots.insert(roots.end(), context_.wishes.most_used.begin(), context_.wishes.most_used.end());
    roots.insert(roots.end(), context_.wishes.embedded.begin(), context_.wishes.embedded.end());
    return roots;
  }

  // Patches we cannot open any more (their content key is gone) are left out: nobody new could, either.
  Status carry() {
    if (context_.wishes.history.empty()) return {};
    const ReleaseDescriptor& previous = context_.wishes.history.back();
    for (ObjectEntry& object : carry_links(previous, built_.descriptor, starts())) {
      auto keys = rewrap(object.keys, context_.ring, context_.readers, release::purpose_of(object, previous));
      if (!keys && keys.error().code == Code::key_missing) continue;
      TRY(object.keys, std::move(keys));
      built_.descriptor.objects.push_back(std::move(object));
      ++built_.carried;
    }
    return {};
  }

  const Bundle* bundle_;           // null: nothing can be made, only taken over
  const EarlierRelease* earlier_;  // null: there is nothing to take over
  const BuildContext& context_;
  const ObjectSink& sink_;
  BuiltRelease built_;
  std::vector<TreeRoot> bases_;
};

release::TreeSummary summary_of(const Bundle& bundle) {
  const auto& tree = bundle.tree();
  return {tree.root(), static_cast<std::uint32_t>(tree.files().size()), tree.bytes()};
}

}  // namespace

std::string_view describe(LinkOutcome outcome) {
  switch (outcome) {
    case LinkOutcome::made:
      return "made";
    case LinkOutcome::reused:
      return "taken over";
    case LinkOutcome::bundle_missing:
      return "left out: the old bundle is not in the local store";
    case LinkOutcome::larger_than_full:
      return "left out: not smaller than the full bundle";
  }
  return "";
}

Result<BuiltRelease> build_release(const Bundle& bundle, const ReleaseRequest& request, const BuildContext& context,
                                   const ObjectSink& sink) {
  return Builder(summary_of(bundle), &bundle, nullptr, request, context, sink).run();
}

Result<BuiltRelease> release_again(const EarlierRelease& earlier, const Bundle* bundle, const ReleaseRequest& request,
                                   const BuildContext& context, const ObjectSink& sink) {
  const release::TreeSummary& tree = earlier.descriptor.tree;
  if (bundle != nullptr && bundle->root() != tree.root)
    return fail(Code::invalid_argument, "the bundle is another one than the release's");
  return Builder(tree, bundle, &earlier, request, context, sink).run();
}

}  // namespace latchkey::publish
