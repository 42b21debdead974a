// `latchkey channel promote` and `channel rollback`: a tree that was released before, as a new signed release. Nothing
// is packed again that is there: objects are taken over, their keys wrapped for those who may have them now.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/latchkey/bundle_output.h"
#include "apps/latchkey/channel_commands.h"
#include "apps/latchkey/release_delivery.h"
#include "apps/latchkey/release_terms.h"
#include "crypto/random.h"

namespace latchkey::app {
namespace {

using publish::BuiltRelease;
using release::Channel;
using release::ReleaseDescriptor;

struct AgainFlags {
  std::string from;     // promote: the channel that has the release
  std::string channel;  // that gets it
  std::string release;  // empty: promote the newest, go back to the one before
  std::string name;
  RolloutFlags rollout;
  std::vector<std::string> embedded;
  RecipientFlags recipients;
  int level = 19;
  bool same_again = false, dry_run = false;
};

class AgainCommand final {
 public:
  explicit AgainCommand(const std::shared_ptr<BundleAccess>& access)
      : delivery(access), access_(access), console_(access->console()) {}

  AgainFlags flags;
  ReleaseDelivery delivery;
  BundleFlags& folder_flags() { return access_->flags; }

  Status promote() {
    TRY_DO(read());
    TRY(source_, BundleAccess::find_channel(channels_, flags.from));
    if (source_.name == channel_.name)
      return fail(Code::invalid_argument,
                  "a release is promoted to another channel; to go back use `latchkey channel rollback`");
    TRY(source_history_, access_->history(source_.name));
    if (source_history_.empty())
      return fail(Code::not_found, "channel " + source_.name + " has no release that is completely signed");
    TRY(const ReleaseDescriptor* const chosen, flags.release.empty()
                                                   ? Result<const ReleaseDescriptor*>(&source_history_.back())
                                                   : find_release(source_history_, flags.release));
    if (!history_.empty() && history_.back().tree.root == chosen->tree.root && !flags.same_again)
      return fail(Code::already_exists,
                  "channel " + channel_.name + " has these files already; --same-again makes another release of them");
    return release(*chosen, std::nullopt);
  }

  Status rollback() {
    TRY_DO(read());
    source_ = channel_;
    if (history_.empty()) return fail(Code::not_found, "channel " + channel_.name + " has no release yet");
    TRY(const ReleaseDescriptor* const chosen,
        flags.release.empty() ? choose_earlier() : find_release(history_, flags.release));
    if (chosen->tree.root == history_.back().tree.root)
      return fail(Code::already_exists, "release " + chosen->name + " has the files that devices get now");
    return release(*chosen, chosen->terms.id);
  }

 private:
  Status read() {
    TRY(channels_, access_->read_channels());
    TRY(channel_, BundleAccess::find_channel(channels_, flags.channel));
    TRY(history_, access_->history(channel_.name));
    if (!flags.dry_run) TRY_DO(delivery.check_no_draft(channel_.name));
    return delivery.connect(channels_.app);
  }

  // The newest with other files than the current one's, but none that somebody went back from before.
  Result<const ReleaseDescriptor*> choose_earlier() const {
    std::set<release::TreeRoot> left{history_.back().tree.root};
    for (std::size_t i = 1; i < history_.size(); ++i)
      if (history_[i].rollback_of) left.insert(history_[i - 1].tree.root);
    for (auto one = history_.rbegin(); one != history_.rend(); ++one)
      if (!left.contains(one->tree.root)) return &*one;
    return fail(Code::not_found, "no earlier release to go back to; name one with --to, or publish a repaired one");
  }

  Status release(const ReleaseDescriptor& earlier, const std::optional<release::ReleaseId>& rollback_of) {
    TRY(const publish::ReleaseRequest request, make_request(earlier, rollback_of));
    TRY(const BuiltRelease built, build(earlier, request));
    built_ = built.descriptor;
    reused_ = built.reused;
    links_ = built.links;
    if (flags.dry_run) return tell(earlier);
    TRY_DO(delivery.sign(built, channel_.name));
    if (delivery.is_signed() && delivery.api() != nullptr) {
      TRY(built_, delivery.send(channel_.name));
    }
    return tell(earlier);
  }

  // What it runs on is the earlier release's; who gets it when is said anew.
  Result<publish::ReleaseRequest> make_request(const ReleaseDescriptor& earlier,
                                               const std::optional<release::ReleaseId>& rollback_of) {
    publish::ReleaseRequest request{
        channels_.app, channel_.name, flags.name.empty() ? earlier.name : flags.name, access_->now(), {}, rollback_of};
    request.terms = {.id = release::ReleaseId(crypto::random_array<16>()),
                     .platforms = earlier.terms.platforms,
                     .native = earlier.terms.native,
                     .rollout = {}};
    if (!channel_.platforms.empty())
      std::erase_if(request.terms.platforms,
                    [&](const std::string& name) { return !std::ranges::binary_search(channel_.platforms, name); });
    if (request.terms.platforms.empty())
      return fail(Code::invalid_argument, "the release is for none of the platforms of channel " + channel_.name);
    TRY(request.terms.rollout, read_rollout(flags.rollout, request.terms.id, channel_, access_->flags.folder));
    TRY_DO(release::check_rollout_terms(request.terms));
    return request;
  }

  Result<BuiltRelease> build(const ReleaseDescriptor& earlier, const publish::ReleaseRequest& request) {
    release::KeyRing ring, source_ring;
    TRY(ring.content_keys, access_->find_content_keys(channel_));
    TRY(const auto readers, BundleAccess::choose_readers(ring.content_keys, channel_, flags.recipients));
    TRY(source_ring.content_keys, access_->find_content_keys(source_));
    TRY(const auto embedded, parse_roots(flags.embedded, "--embedded"));
    TRY(const auto most_used, delivery.find_most_used(channel_.name));
    const publish::BundleStore store = access_->store();
    TRY(const auto bundle, store.find(earlier.tree.root, access_->progress()));
    const publish::BuildContext context{
        store, readers, ring, {history_, most_used, embedded}, {.zstd_level = flags.level}, access_->progress()};
    const auto sink = [this](const release::ObjectEntry& entry, ByteView bytes) {
      return flags.dry_run ? Status() : delivery.put_object(entry, bytes);
    };
    auto built = publish::release_again({earlier, source_ring}, bundle ? &*bundle : nullptr, request, context, sink);
    access_->end_progress();
    if (!built && built.error().code == Code::not_found)
      return fail(Code::not_found, "release " + earlier.name +
                                       " cannot be opened with the keys here, and its bundle is not kept; release its "
                                       "folder again with `latchkey bundle publish`");
    return built;
  }

  Status tell(const ReleaseDescriptor& earlier) {
    std::string human = describe_head(*built_) + describe_objects(*built_, history_);
    for (const auto& link : links_)
      if (link.outcome != publish::LinkOutcome::made && link.outcome != publish::LinkOutcome::reused)
        human += fmt::format("\n  from {}  {}", to_hex(ByteView(link.base).first(6)), publish::describe(link.outcome));
    human += fmt::format("\n{} of release {} ({}), channel {}: {} objects taken over, {} new",
                         built_->rollback_of ? "goes back to the files" : "the files", earlier.name, earlier.sequence,
                         source_.name, reused_, made());
    console_.result(
        human + "\n" + (flags.dry_run ? "dry run: nothing was written" : delivery.describe()),
        fmt::format(
            R"({{"ok":true,"dry_run":{},{},{},"of":{{"channel":{},"id":"{}"}},"rollback_of":{},"reused":{},"made":{},"objects":{}}})",
            flags.dry_run, delivery.json_members(), head_to_json(*built_), json_quoted(source_.name),
            release::print(earlier.terms.id),
            built_->rollback_of ? json_quoted(release::print(*built_->rollback_of)) : "null", reused_, made(),
            objects_to_json(*built_)));
    return {};
  }

  std::size_t made() const {
    return static_cast<std::size_t>(
        std::ranges::count(links_, publish::LinkOutcome::made, &publish::LinkReport::outcome));
  }

  std::shared_ptr<BundleAccess> access_;
  Console& console_;
  release::Channels channels_;
  Channel channel_, source_;
  std::vector<ReleaseDescriptor> history_, source_history_;
  std::optional<ReleaseDescriptor> built_;
  std::vector<publish::LinkReport> links_;
  std::size_t reused_ = 0;
};

void add_common(CLI::App& sub, AgainCommand& command, Console& console) {
  add_publisher_flags(sub, command.folder_flags(), console);
  sub.add_option("--name", command.flags.name, "What people call it (default: as the release it is made from)");
  add_rollout_flags(sub, command.flags.rollout);
  sub.add_option("--embedded", command.flags.embedded, "Tree of a bundle inside a native build: make a patch from it");
  add_recipient_flags(sub, command.flags.recipients);
  sub.add_option("--level", command.flags.level, "Compression of new patches, 1 (fast) to 19 (default)")
      ->check(CLI::Range(1, 19));
  sub.add_flag("--dry-run", command.flags.dry_run, "Tell what it would be; write nothing, sign nothing");
  add_delivery_flags(sub, command.delivery.flags);
}

}  // namespace

void add_channel_release(CLI::App& group, Console& console) {
  const auto promote = std::make_shared<AgainCommand>(std::make_shared<BundleAccess>(console));
  CLI::App* sub = group.add_subcommand("promote", "Release on one channel what another has");
  sub->callback([promote, &console] { console.finish(promote->promote()); });
  sub->add_option("from", promote->flags.from, "The channel that has it: beta")->required();
  sub->add_option("to", promote->flags.channel, "The channel that gets it: stable")->required();
  sub->add_option("--release", promote->flags.release, "Its number, name or id (default: the newest)");
  sub->add_flag("--same-again", promote->flags.same_again, "Even if that channel has these files already");
  add_common(*sub, *promote, console);
  sub->footer(
      "  latchkey channel promote beta stable --stage 100@2026-12-01T08:00:00Z --stage 10000@2026-12-03T08:00:00Z \\\n"
      "      --server https://updates.example.com --api-key-file ~/.config/shop.key\n"
      "A new release, signed by the keys of the channel that gets it: the same files, for the same platforms and "
      "native\n"
      "versions; rollout and targeting are said anew. Objects are not packed again. Their keys are wrapped for the\n"
      "channel that gets them; a private channel's own key goes nowhere. When signatures are missing it is a draft\n"
      "(latchkey keys threshold sign), and `latchkey bundle publish --server URL` sends it later.");

  const auto back = std::make_shared<AgainCommand>(std::make_shared<BundleAccess>(console));
  sub = group.add_subcommand("rollback", "Give devices an earlier release again, as a new signed one");
  sub->callback([back, &console] { console.finish(back->rollback()); });
  sub->add_option("channel", back->flags.channel, "The channel")->required();
  sub->add_option("--to", back->flags.release,
                  "Number, name or id of the release to go back to (default: the newest with other files)");
  add_common(*sub, *back, console);
  sub->footer(
      "  latchkey channel rollback stable --server https://updates.example.com --api-key-file ~/.config/shop.key\n"
      "  latchkey channel rollback stable --to 1.4.1 --dry-run\n"
      "Devices install it like any update, those on the bad release by a small patch. First stop the bad one, which\n"
      "needs no signature: latchkey channel halt stable --server ... --app ...");
}

}  // namespace latchkey::app
