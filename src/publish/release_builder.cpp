#include "publish/release_builder.h"

#include <algorithm>

namespace latchkey::publish {
namespace {

using release::ObjectEntry;
using release::ReleaseDescriptor;
using release::TreeRoot;

class Builder final {
 public:
  Builder(const Bundle& bundle, const ReleaseRequest& request, const BuildContext& context, const ObjectSink& sink)
      : bundle_(bundle), context_(context), sink_(sink) {
    ReleaseDescriptor& release = built_.descriptor;
    release.app = request.app;
    release.channel = request.channel;
    release.name = request.name;
    release.issued = request.issued;
    release.terms = request.terms;
    release.rollback_of = request.rollback_of;
    release.sequence = context.wishes.history.empty() ? 1 : context.wishes.history.back().sequence + 1;
    const auto& tree = bundle.tree();
    release.tree = {tree.root(), static_cast<std::uint32_t>(tree.files().size()), tree.bytes()};
  }

  Result<BuiltRelease> run() {
    const auto bases = plan_links(bundle_.root(), context_.wishes);
    steps_ = bases.size() + 1;
    TRY_DO(add_object(nullptr));
    const std::uint64_t full = built_.descriptor.objects.front().length;
    for (const TreeRoot& base : bases) {
      TRY(const LinkOutcome outcome, add_link(base, full));
      built_.links.push_back({base, outcome});
    }
    TRY_DO(carry());
    TRY(built_.json, release::print_release(built_.descriptor));
    return std::move(built_);
  }

 private:
  Status add_object(const Bundle* base) {
    tell(context_.progress, base == nullptr ? "packing the full bundle" : "making patches", done_, steps_);
    TRY(MadeObject made, make(base));
    return take(std::move(made));
  }

  Result<LinkOutcome> add_link(const TreeRoot& root, std::uint64_t full) {
    tell(context_.progress, "making patches", done_, steps_);
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
    return make_object(built_.descriptor.app, base, bundle_, context_.readers, context_.options);
  }

  Status take(MadeObject made) {
    TRY_DO(sink_(made.entry, made.bytes));
    built_.descriptor.objects.push_back(std::move(made.entry));
    tell(context_.progress, "making patches", ++done_, steps_);
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

  const Bundle& bundle_;
  const BuildContext& context_;
  const ObjectSink& sink_;
  BuiltRelease built_;
  std::uint64_t done_ = 0, steps_ = 1;
};

}  // namespace

std::string_view describe(LinkOutcome outcome) {
  switch (outcome) {
    case LinkOutcome::made:
      return "made";
    case LinkOutcome::bundle_missing:
      return "left out: the old bundle is not in the local store";
    case LinkOutcome::larger_than_full:
      return "left out: not smaller than the full bundle";
  }
  return "";
}

Result<BuiltRelease> build_release(const Bundle& bundle, const ReleaseRequest& request, const BuildContext& context,
                                   const ObjectSink& sink) {
  return Builder(bundle, request, context, sink).run();
}

}  // namespace latchkey::publish
