#include "publish/release_builder.h"

#include <algorithm>
#include <set>

#include "protocol/limits.h"

namespace latchkey::publish {
namespace {

using release::ObjectEntry;
using release::ReleaseDescriptor;
using release::TreeRoot;

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
    const auto bases = plan_links(built_.descriptor.tree.root, context_.wishes);
    steps_ = bases.size() + 1;
    TRY_DO(add_full());
    const std::uint64_t full = built_.descriptor.objects.front().length;
    for (const TreeRoot& base : bases) {
      TRY(const LinkOutcome outcome, add_link(base, full));
      built_.links.push_back({base, outcome});
    }
    TRY_DO(reuse_the_rest());
    TRY_DO(carry());
    TRY(built_.json, release::print_release(built_.descriptor));
    return std::move(built_);
  }

 private:
  Status add_full() {
    tell(context_.progress, "packing the full bundle", done_, steps_);
    TRY(const bool is_reused, reuse(std::nullopt));
    if (is_reused) return {};
    if (bundle_ == nullptr)
      return fail(Code::not_found, "the bundle is not in the local store, and its full object cannot be opened");
    TRY(MadeObject made, make(nullptr));
    return take(std::move(made));
  }

  Result<LinkOutcome> add_link(const TreeRoot& root, std::uint64_t full) {
    tell(context_.progress, "making patches", done_, steps_);
    TRY(const bool is_reused, reuse(root));
    if (is_reused) return LinkOutcome::reused;
    if (bundle_ == nullptr) return skip(LinkOutcome::bundle_missing);
    TRY(const auto base, context_.store.find(root));
    if (!base) return skip(LinkOutcome::bundle_missing);
    TRY(MadeObject made, make(&*base));
    if (made.entry.length >= full) return skip(LinkOutcome::larger_than_full);
    TRY_DO(take(std::move(made)));
    return LinkOutcome::made;
  }

  LinkOutcome skip(LinkOutcome why) {
    ++done_;
    return why;
  }

  Result<MadeObject> make(const Bundle* base) {
    return make_object(built_.descriptor.app, base, *bundle_, context_.readers, context_.options);
  }

  Status take(MadeObject made) {
    TRY_DO(sink_(made.entry, made.bytes));
    built_.descriptor.objects.push_back(std::move(made.entry));
    tell(context_.progress, "making patches", ++done_, steps_);
    return {};
  }

  // The earlier release's object from `base` to the tree, if there is one that we can open.
  Result<bool> reuse(const std::optional<TreeRoot>& base) {
    if (earlier_ == nullptr) return false;
    const auto& objects = earlier_->descriptor.objects;
    const auto found = std::ranges::find_if(objects, [&](const ObjectEntry& one) {
      return one.base == base && release::target_of(one, earlier_->descriptor) == built_.descriptor.tree.root;
    });
    if (found == objects.end()) return false;
    ObjectEntry object = *found;
    const auto purpose = release::purpose_of(object, earlier_->descriptor);
    auto keys = rewrap(object.keys, earlier_->ring, context_.readers, purpose);
    if (!keys && keys.error().code == Code::key_missing) return false;
    TRY(object.keys, std::move(keys));
    object.target.reset();
    built_.descriptor.objects.push_back(std::move(object));
    ++built_.reused;
    tell(context_.progress, "making patches", ++done_, steps_);
    return true;
  }

  // Patches nobody wished for are there all the same, and cost nothing.
  Status reuse_the_rest() {
    if (earlier_ == nullptr) return {};
    std::set<TreeRoot> there;
    for (const ObjectEntry& object : built_.descriptor.objects)
      if (object.base) there.insert(*object.base);
    for (const TreeRoot& root : starts())
      if (built_.descriptor.objects.size() < protocol::limits::descriptor_objects && there.insert(root).second)
        TRY_DO(reuse(root));
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
  std::uint64_t done_ = 0, steps_ = 1;
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
