// `latchkey bundle list`, `show` and `diff`: what was released, and what a change costs.
#include <fmt/format.h>

#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/bundle_output.h"
#include "base/hex.h"
#include "protocol/release/utc_time.h"
#include "publish/ordered_work.h"

namespace latchkey::app {
namespace {

using publish::Bundle;
using release::ReleaseDescriptor;

enum class Difference : std::uint8_t { added, removed, changed };

struct FileDifference {
  Difference what;
  std::string path;
  std::uint64_t before = 0, after = 0;
};

std::string_view name_of(Difference what) {
  switch (what) {
    case Difference::added:
      return "added";
    case Difference::removed:
      return "removed";
    case Difference::changed:
      return "changed";
  }
  return "";
}

std::vector<FileDifference> compare(const release::Tree& before, const release::Tree& after) {
  std::vector<FileDifference> all;
  for (const auto& file : before.files()) {
    const auto* const now = after.find(file.path);
    if (now == nullptr)
      all.push_back({Difference::removed, file.path, file.size, 0});
    else if (now->sha256 != file.sha256)
      all.push_back({Difference::changed, file.path, file.size, now->size});
  }
  for (const auto& file : after.files())
    if (before.find(file.path) == nullptr) all.push_back({Difference::added, file.path, 0, file.size});
  std::ranges::sort(all, {}, &FileDifference::path);
  return all;
}

class LookCommand final {
 public:
  explicit LookCommand(std::shared_ptr<BundleAccess> access)
      : access_(std::move(access)), console_(access_->console()) {}

  std::string which, before;
  int level = 19;
  bool without_index = false, is_brief = false;

  Status list() {
    TRY_DO(read_history());
    std::string human, json;
    for (auto one = history_.rbegin(); one != history_.rend(); ++one) {
      human += fmt::format("{}{:>5}  {:<16} {}  {:>9}  {}", human.empty() ? "" : "\n", one->sequence, one->name,
                           release::print_utc_time(one->issued), human_bytes(one->tree.bytes),
                           one->rollback_of ? "a rollback" : "");
      json += fmt::format("{}{{{}}}", json.empty() ? "" : ",", head_to_json(*one));
    }
    console_.result(human.empty() ? "no releases yet" : human, "{\"releases\":[" + json + "]}");
    return {};
  }

  Status show() {
    TRY_DO(read_history());
    TRY(const ReleaseDescriptor* const found, find_or_last(which));
    TRY(const std::string text, release::print_release(*found));
    std::string human = describe_head(*found) + describe_objects(*found, history_);
    human += fmt::format("\n  issued {}, id {}\n  for {}, native {} to {}", release::print_utc_time(found->issued),
                         release::print(found->terms.id), fmt::join(found->terms.platforms, ", "),
                         release::print(found->terms.native.min),
                         found->terms.native.max ? release::print(*found->terms.native.max) : "any");
    human += fmt::format("\n  at most {} of 10000 devices, {} stages, {} devices named", found->terms.rollout.max_bps,
                         found->terms.rollout.stages.size(), found->terms.rollout.overrides.size());
    if (found->rollback_of) human += "\n  restores release " + release::print(*found->rollback_of);
    console_.result(human, text);
    return {};
  }

  Status diff() {
    TRY_DO(read_history());
    TRY(const Bundle after, read(which));
    TRY(const Bundle old, before.empty() ? read_last() : read(before));
    const auto differences = compare(old.tree(), after.tree());
    publish::ObjectReaders readers;  // sizes do not depend on the key, so any will do
    readers.content_keys.push_back(release::make_content_key());
    std::vector<publish::MadeObject> made;
    const publish::OrderedWork<publish::MadeObject> work{
        2, 2,
        [&](std::size_t i) {
          return publish::make_object("diff", i == 0 ? nullptr : &old, after, readers, {.zstd_level = level});
        },
        [&](std::size_t, publish::MadeObject one) -> Status {
          made.push_back(std::move(one));
          return {};
        },
        [&](std::size_t finished) { access_->progress()("making the full bundle and the patch", finished, 2); }};
    const Status done = publish::make_in_order(work);
    access_->end_progress();
    TRY_DO(done);
    tell(differences, made[1].entry, made[0].entry);
    return {};
  }

 private:
  Status read_history() {
    TRY(const auto channels, access_->read_channels());
    TRY(const auto channel, access_->choose_channel(channels));
    TRY(history_, access_->history(channel.name));
    return {};
  }

  // By sequence, name or id; the last one when nothing is said.
  Result<const ReleaseDescriptor*> find_or_last(const std::string& text) const {
    if (text.empty() && !history_.empty()) return &history_.back();
    return find_release(history_, text);
  }

  Result<Bundle> read_last() {
    if (history_.empty()) return fail(Code::not_found, "there is no release to compare with");
    return read_kept(history_.back());
  }

  Result<Bundle> read_kept(const ReleaseDescriptor& of) {
    TRY(auto kept, access_->store().find(of.tree.root, access_->progress()));
    access_->end_progress();
    if (!kept) return fail(Code::not_found, "the bundle of release " + of.name + " is not in the local store");
    return *std::move(kept);
  }

  // What is on the disk goes before what was released under that name.
  Result<Bundle> read(const std::string& text) {
    std::error_code ignored;
    if (!std::filesystem::exists(text, ignored)) {
      TRY(const ReleaseDescriptor* const found, find_or_last(text));
      return read_kept(*found);
    }
    publish::ReadReport report;
    auto bundle = publish::read_bundle(text, {{}, {}, !without_index, access_->progress()}, report);
    access_->end_progress();
    if (!bundle && !report.offences.empty())
      console_.result(describe(report), "{\"offences\":" + to_json(report) + "}");
    return bundle;
  }

  void tell(const std::vector<FileDifference>& differences, const release::ObjectEntry& patch,
            const release::ObjectEntry& full) {
    std::string human, json;
    for (const FileDifference& one : differences) {
      if (!is_brief)
        human += fmt::format("{:<8} {}  {} -> {}\n", name_of(one.what), printable(one.path), human_bytes(one.before),
                             human_bytes(one.after));
      json += fmt::format(R"({}{{"path":{},"what":"{}","before":{},"after":{}}})", json.empty() ? "" : ",",
                          json_quoted(one.path), name_of(one.what), one.before, one.after);
    }
    human += fmt::format("{} files differ; devices with the old bundle download {}, others {} ({:.2f} %)",
                         differences.size(), human_bytes(patch.length), human_bytes(full.length),
                         100 * static_cast<double>(patch.length) / static_cast<double>(full.length));
    console_.result(human, fmt::format(R"({{"files":[{}],"patch":{},"full":{},"memory":{}}})", json, patch.length,
                                       full.length, patch.memory));
  }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
  std::vector<ReleaseDescriptor> history_;
};

}  // namespace

void add_bundle_look(CLI::App& group, const std::shared_ptr<BundleAccess>& access) {
  const auto command = std::make_shared<LookCommand>(access);
  Console& console = access->console();

  CLI::App* sub = group.add_subcommand("list", "The channel's releases, newest first");
  sub->callback([command, &console] { console.finish(command->list()); });

  sub = group.add_subcommand("show", "One release: who may have it, and what its objects cost");
  sub->callback([command, &console] { console.finish(command->show()); });
  sub->add_option("release", command->which, "Its number, name or id (default: the last one)");

  sub = group.add_subcommand("diff", "Which files change, and how many bytes devices would download");
  sub->callback([command, &console] { console.finish(command->diff()); });
  sub->add_option("new", command->which, "A folder, archive or release")->required();
  sub->add_option("old", command->before, "The same; default: the channel's last release");
  sub->add_option("--level", command->level, "Compression, 1 (fast) to 19 (default)")->check(CLI::Range(1, 19));
  sub->add_flag("--without-index", command->without_index, "Allow bundles without index.html");
  sub->add_flag("--brief", command->is_brief, "Only the last line");
}

}  // namespace latchkey::app
