// `latchkey bundle pack` and `latchkey bundle publish`: from what a build wrote to a signed release, in a folder any
// web server can serve, and on to the release service.
#include <fmt/format.h>

#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/bundle_output.h"
#include "apps/latchkey/release_delivery.h"
#include "apps/latchkey/release_terms.h"
#include "base/hex.h"

namespace latchkey::app {
namespace {

using publish::BuiltRelease;
using release::ReleaseDescriptor;

struct PackFlags {
  std::string source;
  std::string name;
  NativeFlags native;
  RolloutFlags rollout;
  std::vector<std::string> embedded;
  RecipientFlags recipients;
  std::vector<std::string> excluded, allowed;
  bool without_index = false, same_again = false, dry_run = false;
  int level = 19;
};

class PackCommand final {
 public:
  explicit PackCommand(std::shared_ptr<BundleAccess> access)
      : delivery(access), access_(std::move(access)), console_(access_->console()) {}

  PackFlags flags;
  ReleaseDelivery delivery;

  Status pack() {
    TRY_DO(choose());
    TRY_DO(prepare());
    return tell();
  }

  // Without a source: sends the newest release that is completely signed, or the rest of it.
  Status publish() {
    TRY_DO(choose());
    if (delivery.flags.server.server.empty())
      return fail(Code::invalid_argument, "--server names the release service; without one use `latchkey bundle pack`");
    TRY_DO(delivery.connect(app_));
    if (!flags.source.empty()) {
      TRY_DO(prepare());
      if (flags.dry_run || !delivery.is_signed()) return tell();
    }
    TRY(built_, delivery.send(channel_.name));
    return tell();
  }

 private:
  Status choose() {
    TRY(const release::Channels channels, access_->read_channels());
    TRY(channel_, access_->choose_channel(channels));
    app_ = channels.app;
    TRY(history_, access_->history(channel_.name));
    return {};
  }

  Status prepare() {
    if (flags.name.empty()) return fail(Code::invalid_argument, "--name says what people call this release");
    if (!flags.dry_run) TRY_DO(delivery.check_no_draft(channel_.name));
    TRY(const publish::ReleaseRequest request, make_request());
    TRY(const publish::Bundle bundle, read());
    if (!history_.empty() && history_.back().tree.root == bundle.root() && !flags.same_again)
      return fail(Code::already_exists, "the channel's last release is the same; --same-again makes another of it");
    TRY(const BuiltRelease built, build(bundle, request));
    built_ = built.descriptor;
    links_ = built.links;
    if (flags.dry_run) return {};
    TRY_DO(access_->store().keep(bundle, access_->progress()));
    return delivery.sign(built, channel_.name);
  }

  Result<publish::Bundle> read() {
    publish::ReadReport report;
    const publish::ReadOptions options{flags.excluded, flags.allowed, !flags.without_index, access_->progress()};
    auto bundle = publish::read_bundle(flags.source, options, report);
    access_->end_progress();
    if (bundle || report.offences.empty()) return bundle;
    console_.result("nothing was packed:\n" + describe(report), R"({"offences":)" + to_json(report) + "}");
    return bundle;
  }

  Result<publish::ReleaseRequest> make_request() {
    publish::ReleaseRequest request{app_, channel_.name, flags.name, access_->now(), {}, {}};
    TRY(request.terms, read_terms(flags.native, flags.rollout, channel_, access_->flags.folder));
    return request;
  }

  // A dry run tells sizes, and those do not depend on the key.
  Result<release::KeyRing> open_keys() {
    release::KeyRing ring;
    if (flags.dry_run) {
      ring.content_keys.push_back(release::make_content_key());
      return ring;
    }
    TRY(ring.content_keys, access_->find_content_keys(channel_));
    return ring;
  }

  Result<BuiltRelease> build(const publish::Bundle& bundle, const publish::ReleaseRequest& request) {
    TRY(const release::KeyRing ring, open_keys());
    TRY(const auto readers, BundleAccess::choose_readers(ring.content_keys, channel_, flags.recipients));
    TRY(const auto embedded, parse_roots(flags.embedded, "--embedded"));
    TRY(const auto most_used, delivery.find_most_used(channel_.name));
    const publish::BuildContext context{
        access_->store(),   readers, ring, {history_, most_used, embedded}, {.zstd_level = flags.level},
        access_->progress()};
    const auto sink = [this](const release::ObjectEntry& entry, ByteView bytes) { return put_object(entry, bytes); };
    auto built = publish::build_release(bundle, request, context, sink);
    access_->end_progress();
    return built;
  }

  Status put_object(const release::ObjectEntry& entry, ByteView bytes) {
    return flags.dry_run ? Status() : delivery.put_object(entry, bytes);
  }

  Status tell() {
    std::string human = describe_head(*built_) + describe_objects(*built_, history_);
    for (const auto& link : links_)
      if (link.outcome != publish::LinkOutcome::made)
        human += fmt::format("\n  from {}  {}", to_hex(ByteView(link.base).first(6)), publish::describe(link.outcome));
    console_.result(human + "\n" + (flags.dry_run ? "dry run: nothing was written" : delivery.describe()),
                    fmt::format(R"({{"ok":true,"dry_run":{},{},{},"objects":{}}})", flags.dry_run,
                                delivery.json_members(), head_to_json(*built_), objects_to_json(*built_)));
    return {};
  }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
  std::string app_;
  release::Channel channel_;
  std::vector<ReleaseDescriptor> history_;
  std::optional<ReleaseDescriptor> built_;
  std::vector<publish::LinkReport> links_;
};

void add_pack_flags(CLI::App& sub, PackFlags& flags) {
  sub.add_option("--name", flags.name, "What people call the release: 1.4.2");
  add_native_flags(sub, flags.native);
  add_rollout_flags(sub, flags.rollout);
  sub.add_option("--embedded", flags.embedded, "Tree of a bundle inside a native build: make a patch from it");
  add_recipient_flags(sub, flags.recipients);
  sub.add_option("--exclude", flags.excluded, "Leave out what matches, in every folder: '*.map'");
  sub.add_option("--allow", flags.allowed, "Take this file although it looks like a secret");
  sub.add_flag("--without-index", flags.without_index, "Allow a bundle without index.html");
  sub.add_flag("--same-again", flags.same_again, "Allow the same files as the last release");
  sub.add_option("--level", flags.level, "Compression, 1 (fast) to 19 (default)")->check(CLI::Range(1, 19));
  sub.add_flag("--dry-run", flags.dry_run, "Tell what it would cost; write nothing, sign nothing");
}

}  // namespace

void add_bundle_pack(CLI::App& group, const std::shared_ptr<BundleAccess>& access) {
  Console& console = access->console();
  const auto pack = std::make_shared<PackCommand>(access);
  CLI::App* sub = group.add_subcommand("pack", "Make a signed release from a folder, zip or tar; nothing is sent");
  sub->callback([pack, &console] { console.finish(pack->pack()); });
  sub->add_option("source", pack->flags.source, "What the build wrote")->required();
  add_pack_flags(*sub, pack->flags);
  add_snapshot_flag(*sub, pack->delivery.flags);

  const auto publish = std::make_shared<PackCommand>(access);
  sub = group.add_subcommand("publish", "Make a signed release and send it; without a source, send the last one");
  sub->callback([publish, &console] { console.finish(publish->publish()); });
  sub->add_option("source", publish->flags.source, "What the build wrote");
  add_delivery_flags(*sub, publish->delivery.flags);
  add_pack_flags(*sub, publish->flags);
}

}  // namespace latchkey::app
