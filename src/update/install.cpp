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
    find_complete_trees(stop);
    Error last{Code::not_found, "no object leads to the release"};
    // Every turn that fails takes away an object or the tree that was thought to be here.
    for (std::size_t turn = 0; turn < release_.objects.size() + 2; ++turn, ++report_.steps_down) {
      if (stop.stop_requested()) return fail(Code::cancelled);
      const auto plan =
          plan_objects(release_, {.trees = trees_, .excluded = excluded_, .available = {}}, {.memory = rules_.memory});
      if (!plan) return tl::unexpected(last);
      const Status done = follow(plan->objects, progress, stop);
      if (done) return {};
      last = done.error();
      if (std::exchange(is_base_at_fault_, false)) continue;
      if (ends_it(last.code)) return tl::unexpected(last);
    }
    return tl::unexpected(last);
  }

 private:
  // What another object cannot mend.
  static bool ends_it(Code code) {
    return is_passing(code) || code == Code::cancelled || code == Code::storage_full || code == Code::storage_failed ||
           code == Code::permission_denied || code == Code::key_missing || code == Code::tls_untrusted ||
           code == Code::pin_mismatch || code == Code::http_not_allowed;
  }

  Status check_space() {
    TRY(const Room room, look_for_room(source_.store.vfs(), release_, rules_));
    if (room.available >= room.wanted) return {};
    return fail(Code::storage_full, "the release wants " + std::to_string(room.wanted) + " bytes, there are " +
                                        std::to_string(room.available));
  }

  // Trees that were read whole and found sound are bases; the built-in one is part of the app.
  void find_complete_trees(const std::stop_token& stop) {
    trees_.push_back(source_.built_in.tree.root());
    for (const TreeRoot& root : source_.installed)
      if (source_.store.check_sizes(root)) trees_.push_back(root);
    if (source_.store.check_contents(release_.tree.root, stop)) trees_.push_back(release_.tree.root);
  }

  Base assets() {
    Base base;
    base.tree = source_.built_in.tree;
    base.contents = source_.built_in.contents.get();
    base.where = Stager::BaseIs::elsewhere;
    return base;
  }

  Result<Base> base_of(const std::optional<TreeRoot>& root) {
    Base base;
    if (!root) return base;
    if (*root == source_.built_in.tree.root() && !source_.store.check_sizes(*root)) return assets();
    TRY(base.tree, source_.store.read_table(*root));
    base.owned = make_blob_contents(source_.store.vfs());
    base.contents = base.owned.get();
    return base;
  }

  Status follow(const std::vector<std::size_t>& objects, const std::function<void(std::uint64_t)>& progress,
                const std::stop_token& stop) {
    if (objects.empty()) return take_complete(stop);
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

  // The tree is here: a rollback, or a second attempt. The built-in one becomes a bundle of its own, also in the place
  // of one that the disk has spoilt. What is not sound after that is not thought to be here any more.
  Status take_complete(const std::stop_token& stop) {
    report_.is_releases_fault = false;
    Status sound = source_.store.check_contents(release_.tree.root, stop);
    if (sound || sound.error().code == Code::cancelled) return sound;
    std::erase(trees_, release_.tree.root);
    if (release_.tree.root != source_.built_in.tree.root()) return fail(Code::storage_corrupted, "the tree is damaged");
    return copy_assets(stop);
  }

  Status copy_assets(const std::stop_token& stop) {
    const Base base = assets();
    Stager stager(source_.store, &*base.tree, base.contents, base.where, release_.tree.bytes);
    for (std::size_t i = 0; i < base.tree->files().size(); ++i) {
      if (stop.stop_requested()) return fail(Code::cancelled);
      TRY_DO(stager.copy(base.tree->files()[i].path, i));
    }
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
    const Status applied = apply(object, patch);
    report_.is_releases_fault = !applied && !is_base_at_fault_;
    return applied;
  }

  // What the disk does not give of a base, or gives otherwise, another way may do without: it is written anew then,
  // under the same name.
  void blame(const std::optional<TreeRoot>& base) {
    is_base_at_fault_ = true;
    if (base) std::erase(trees_, *base);
  }

  Status apply(const ObjectEntry& object, ObjectReader& patch) {
    TRY(const ByteView head, patch.peek(patch::summary_bytes));
    TRY(const auto summary, patch::read_summary(head));
    auto base = base_of(object.base);
    if (!base) {
      blame(object.base);
      return tl::unexpected(base.error());
    }
    const TreeRoot& target = target_of(object, release_);
    Stager stager(source_.store, base->tree ? &*base->tree : nullptr, base->contents, base->where,
                  target == release_.tree.root ? release_.tree.bytes : summary.target_bytes);
    bool is_unread = false;
    const Status built = build(object, *base, patch, stager, target, is_unread);
    if (!built && (is_unread || stager.is_base_at_fault())) blame(object.base);
    return built;
  }

  // `is_unread`: reading the base failed.
  static Status build(const ObjectEntry& object, const Base& base, ObjectReader& patch, Stager& stager,
                      const TreeRoot& target, bool& is_unread) {
    if (base.tree) {
      BundleReader reader(*base.tree, *base.contents);
      const Status decoded = patch::decode(patch, reader, stager, object.memory);
      is_unread = reader.has_failed();
      TRY_DO(decoded);
    } else {
      NoBase none;
      TRY_DO(patch::decode(patch, none, stager, object.memory));
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
  bool is_base_at_fault_ = false;  // the last failure came of what is here already
};

}  // namespace

Status install_release(const InstallSource& source, Fetcher& fetcher, const ReleaseDescriptor& release,
                       const KeyRing& ring, const InstallRules& rules,
                       const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop,
                       InstallReport& report) {
  const Status done = Installer(source, fetcher, release, ring, rules, report).run(progress, stop);
  if (done || done.error().code != Code::storage_full) return done;
  if (const auto room = look_for_room(source.store.vfs(), release, rules)) report.room = *room;
  return done;
}

Result<Room> look_for_room(Vfs& vfs, const ReleaseDescriptor& release, const InstallRules& rules) {
  TRY(const std::uint64_t available, vfs.free_bytes());
  return Room{.wanted = 2 * release.tree.bytes + rules.spare_bytes, .available = available};
}

}  // namespace latchkey::update
