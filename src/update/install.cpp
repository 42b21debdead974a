#include "update/install.h"

#include "protocol/release/object_plan.h"
#include "update/object_reader.h"
#include "update/stager.h"

namespace latchkey::update {
namespace {

using protocol::release::KeyRing;
using protocol::release::ObjectEntry;
using protocol::release::ObjectId;
using protocol::release::ReleaseDescriptor;

struct Base {
  std::optional<Tree> tree;
  std::unique_ptr<Contents> owned;
  Contents* contents = nullptr;
  Stager::BaseIs where = Stager::BaseIs::blobs;
};

class Installer final {
 public:
  Installer(const InstallSource& source, Fetcher& fetcher, const ReleaseDescriptor& release, const KeyRing& ring,
            const InstallRules& rules, InstallReport& report)
      : source_(source), fetcher_(fetcher), release_(release), ring_(ring), rules_(rules), report_(report) {}

  Status run(const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop) {
    TRY_DO(check_space());
    Error last{Code::not_found, "no object leads to the release"};
    for (;; ++report_.steps_down) {
      const auto plan = plan_objects(release_, {.trees = complete_trees(), .excluded = excluded_, .available = {}},
                                     {.memory = rules_.memory});
      if (!plan) return tl::unexpected(last);
      const Status done = follow(plan->objects, progress, stop);
      if (done) return {};
      last = done.error();
      if (ends_it(last.code)) return tl::unexpected(last);
    }
  }

 private:
  // What another object cannot mend.
  static bool ends_it(Code code) {
    return is_passing(code) || code == Code::cancelled || code == Code::storage_full || code == Code::storage_failed ||
           code == Code::permission_denied || code == Code::key_missing || code == Code::tls_untrusted ||
           code == Code::pin_mismatch || code == Code::http_not_allowed;
  }

  Status check_space() {
    TRY(const std::uint64_t free, source_.store.vfs().free_bytes());
    if (free < 2 * release_.tree.bytes + rules_.spare_bytes) return fail(Code::storage_full, "for the release");
    return {};
  }

  // Trees that were read whole and found sound are bases; the built-in one is part of the app.
  std::span<const TreeRoot> complete_trees() {
    if (!trees_.empty()) return trees_;
    trees_.push_back(source_.built_in.tree.root());
    for (const TreeRoot& root : source_.installed)
      if (source_.store.check_sizes(root)) trees_.push_back(root);
    if (source_.store.check_contents(release_.tree.root)) trees_.push_back(release_.tree.root);
    return trees_;
  }

  Result<Base> base_of(const std::optional<TreeRoot>& root) {
    Base base;
    if (!root) return base;
    BuiltInBundle& built_in = source_.built_in;
    if (*root == built_in.tree.root() && !source_.store.check_sizes(*root)) {
      base.tree = built_in.tree;
      base.contents = built_in.contents.get();
      base.where = Stager::BaseIs::elsewhere;
      return base;
    }
    TRY(base.tree, source_.store.read_table(*root));
    base.owned = make_blob_contents(source_.store.vfs());
    base.contents = base.owned.get();
    return base;
  }

  Status follow(const std::vector<std::size_t>& objects, const std::function<void(std::uint64_t)>& progress,
                const std::stop_token& stop) {
    if (objects.empty()) return take_complete();
    for (const std::size_t index : objects) {
      const ObjectEntry& object = release_.objects[index];
      const Status applied = fetch_and_apply(object, progress, stop);
      if (!applied) {
        excluded_.push_back(object.id);
        return applied;
      }
      trees_.push_back(target_of(object, release_));
      ++report_.objects;
      report_.downloaded += object.length;
    }
    return {};
  }

  // The tree is here: a rollback, or a second attempt. The built-in one becomes a bundle of its own.
  Status take_complete() {
    if (source_.store.check_contents(release_.tree.root)) return {};
    if (release_.tree.root != source_.built_in.tree.root()) {
      std::erase(trees_, release_.tree.root);
      return fail(Code::storage_corrupted, "the tree is damaged");
    }
    TRY(Base base, base_of(release_.tree.root));
    Stager stager(source_.store, &*base.tree, base.contents, base.where, release_.tree.bytes);
    for (std::size_t i = 0; i < base.tree->files().size(); ++i) TRY_DO(stager.copy(base.tree->files()[i].path, i));
    TRY_DO(stager.commit(release_.tree.root));
    return {};
  }

  Status fetch_and_apply(const ObjectEntry& object, const std::function<void(std::uint64_t)>& progress,
                         const std::stop_token& stop) {
    TRY(const auto key, unwrap_file_key(object.keys, ring_, purpose_of(object, release_)));
    Vfs& vfs = source_.store.vfs();
    report_.is_releases_fault = false;
    TRY_DO(download_object(fetcher_, vfs, object, key, rules_.download, progress, stop));
    report_.is_releases_fault = true;
    TRY(const auto part, vfs.open(part_path(object.id), OpenMode::read));
    TRY(auto patch,
        ObjectReader::open(
            *part, key,
            {.base = object.base, .target = target_of(object, release_), .plain_length = object.plain_length}));
    TRY_DO(apply(object, patch));
    report_.is_releases_fault = false;
    return {};
  }

  Status apply(const ObjectEntry& object, ObjectReader& patch) {
    TRY(const ByteView head, patch.peek(patch::summary_bytes));
    TRY(const auto summary, patch::read_summary(head));
    if (summary.peak_memory > rules_.memory) return fail(Code::input_too_large, "memory");
    TRY(Base base, base_of(object.base));
    const TreeRoot& target = target_of(object, release_);
    const bool is_last = target == release_.tree.root;
    Stager stager(source_.store, base.tree ? &*base.tree : nullptr, base.contents, base.where,
                  is_last ? release_.tree.bytes : summary.target_bytes);
    if (base.tree) {
      BundleReader reader(*base.tree, *base.contents);
      TRY_DO(patch::decode(patch, reader, stager));
    } else {
      NoBase none;
      TRY_DO(patch::decode(patch, none, stager));
    }
    TRY_DO(patch.finish());
    TRY_DO(stager.commit(target));
    return {};
  }

  const InstallSource& source_;
  Fetcher& fetcher_;
  const ReleaseDescriptor& release_;
  const KeyRing& ring_;
  const InstallRules& rules_;
  InstallReport& report_;
  std::vector<ObjectId> excluded_;
  std::vector<TreeRoot> trees_;
};

}  // namespace

Status install_release(const InstallSource& source, Fetcher& fetcher, const ReleaseDescriptor& release,
                       const KeyRing& ring, const InstallRules& rules,
                       const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop,
                       InstallReport& report) {
  return Installer(source, fetcher, release, ring, rules, report).run(progress, stop);
}

}  // namespace latchkey::update
