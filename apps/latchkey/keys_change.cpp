// `latchkey keys root`, `rotate`, `channel` and `snapshot`: the next version of a role.
#include <fmt/format.h>

#include <algorithm>

#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "protocol/release/channels.h"

namespace latchkey::app {
namespace {

using publish::Draft;
using publish::KeyChange;

bool is_root_matter(std::string_view role) {
  return role == tuf::root_role || role == tuf::targets_role || role == tuf::snapshot_role ||
         role == tuf::timestamp_role;
}

struct ChangeCommand {
  std::shared_ptr<KeysAccess> access;
  std::string role = {};
  std::vector<std::string> add = {};
  std::vector<std::string> make = {};
  std::vector<std::string> remove = {};
  std::size_t threshold = 0;  // 0: as it is
  int days = 0;               // 0: as the role has it

  Instant expires(std::string_view of) const {
    return access->now() + (days != 0 ? std::chrono::days(days) : publish::Lifetimes().of(of));
  }

  Result<KeyChange> read_change(const tuf::KeyMap& known) const {
    KeyChange change;
    for (const auto& text : remove) {
      TRY(const tuf::TufKey key, access->find_public_key(text, known));
      change.remove.insert(key.id());
    }
    for (const auto& text : add) {
      TRY(tuf::TufKey key, access->find_public_key(text, known));
      change.add.push_back(std::move(key));
    }
    for (const auto& name : make) {
      if (access->flags.is_dry_run) return fail(Code::invalid_argument, "--dry-run makes no keys; use --add");
      TRY(tuf::TufKey key, access->make_key(name, crypto::SignatureAlgorithm::ed25519));
      change.add.push_back(std::move(key));
    }
    if (threshold != 0) change.threshold = threshold;
    return change;
  }

  // What the role's old keys signed is void with them, so it is signed again: the same contents, the next version.
  Status add_renewal(std::vector<Draft>& drafts, std::string_view of) const {
    const auto folder = access->folder();
    TRY(const auto file, folder.find_file(of));
    if (!file) return {};
    TRY(const auto envelope, tuf::Envelope::parse(*file, publish::max_metadata_bytes(of)));
    TRY(tuf::Targets targets, tuf::parse_targets(envelope.content()));
    ++targets.version;
    targets.expires = expires(of);
    TRY(auto draft, make_draft(folder, of, targets.version, print(targets)));
    drafts.push_back(std::move(draft));
    return {};
  }

  Status change_root(std::vector<Draft>& drafts) const {
    const auto folder = access->folder();
    TRY(tuf::Root root, folder.read_root());
    TRY(const KeyChange change, read_change(root.keys));
    if (role == tuf::targets_role && change.is_empty()) return add_renewal(drafts, role);
    TRY(root, publish::change_keys(std::move(root), role, change, expires(tuf::root_role)));
    TRY(auto draft, make_draft(folder, tuf::root_role, root.version, print(root)));
    drafts.push_back(std::move(draft));
    return role == tuf::targets_role ? add_renewal(drafts, role) : Status();
  }

  Status change_delegated(std::vector<Draft>& drafts) const {
    const auto folder = access->folder();
    TRY(tuf::Targets targets, folder.get_targets(tuf::targets_role));
    TRY(const KeyChange change, read_change(targets.delegated_keys));
    if (change.is_empty()) return add_renewal(drafts, role);
    TRY(targets, publish::change_keys(std::move(targets), role, change, expires(tuf::targets_role)));
    TRY(auto draft, make_draft(folder, tuf::targets_role, targets.version, print(targets)));
    drafts.push_back(std::move(draft));
    return role.starts_with("policy-") ? Status() : add_renewal(drafts, role);
  }

  Status run() {
    std::vector<Draft> drafts;
    TRY_DO(is_root_matter(role) ? change_root(drafts) : change_delegated(drafts));
    if (drafts.empty()) return fail(Code::not_found, "nothing of that role to renew");
    if (access->flags.is_dry_run) return tell(drafts);
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report(fmt::format("{} has its next version", role), completed);
  }

  Status tell(const std::vector<Draft>& drafts) const {
    std::string text = "would sign:\n";
    for (const Draft& draft : drafts) {
      TRY(const std::string content, describe_content(*access, draft.name.role, draft.envelope));
      text += content;
    }
    text.pop_back();
    access->console().result(text, R"({"ok":true,"dry_run":true})");
    return {};
  }
};

struct ChannelCommand {
  std::shared_ptr<KeysAccess> access;
  std::string name = {};
  std::vector<std::string> keys = {};
  std::size_t threshold = 1;
  std::string online_file = {};
  bool is_private = false;

  // The server's, as other channels have it.
  Result<std::optional<tuf::TufKey>> find_policy_key(const tuf::Targets& targets) const {
    if (!online_file.empty()) {
      TRY(OnlineKeys online, read_online_keys(online_file));
      return std::move(online.policy);
    }
    for (const auto& role : targets.delegated_roles)
      if (role.name.starts_with("policy-")) return targets.delegated_keys.at(*role.keys.key_ids.begin());
    return std::optional<tuf::TufKey>();
  }

  Result<std::string> print_channels(const tuf::Targets& targets) const {
    const auto file = targets.files.find("channels.json");
    if (file == targets.files.end()) return fail(Code::not_found, "channels.json");
    TRY(const Bytes current, access->folder().read_target("channels.json", file->second));
    TRY(auto channels, protocol::release::parse_channels(as_text(current)));
    channels.channels.push_back({name, !is_private, is_private});
    TRY_DO(protocol::release::check_channels(channels));
    return protocol::release::print_channels(channels);
  }

  Status run() {
    auto folder = access->folder();
    TRY(tuf::Targets targets, folder.get_targets(tuf::targets_role));
    publish::ChannelKeys channel{.keys = {}, .threshold = threshold, .policy = {}};
    for (const auto& text : keys) {
      TRY(tuf::TufKey key, access->find_public_key(text, targets.delegated_keys));
      channel.keys.push_back(std::move(key));
    }
    TRY(channel.policy, find_policy_key(targets));
    TRY(const std::string channels_json, print_channels(targets));
    TRY(targets, publish::add_channel(std::move(targets), name, channel));
    targets.files["channels.json"] = tuf::describe_target(as_bytes(channels_json));
    ++targets.version;
    targets.expires = access->now() + publish::Lifetimes().targets;
    TRY(auto draft, make_draft(folder, tuf::targets_role, targets.version, print(targets)));
    if (access->flags.is_dry_run) {
      TRY(const std::string content, describe_content(*access, tuf::targets_role, draft.envelope));
      access->console().result("would sign:\n" + content, R"({"ok":true,"dry_run":true})");
      return {};
    }
    TRY_DO(folder.put_target("channels.json", as_bytes(channels_json)));
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report(fmt::format("channel {} is named by targets", name), completed);
  }
};

Status sign_snapshot(KeysAccess& access) {
  auto folder = access.folder();
  const publish::Lifetimes lifetimes;
  TRY_DO(publish::sign_snapshot(folder, access.finder(), access.now(), lifetimes.snapshot, lifetimes.timestamp));
  access.console().result("snapshot and timestamp are signed; upload metadata/ and targets/, timestamp.json last",
                          R"({"ok":true})");
  return {};
}

void add_change_flags(CLI::App& sub, ChangeCommand& command) {
  sub.add_option("--add", command.add, "Another key: a .pub file, or a name in the folder of keys");
  sub.add_option("--new", command.make, "Make a key of that name in the folder of keys, and add it");
  sub.add_option("--remove", command.remove, "A key that no longer signs: name, file or id");
  sub.add_option("--threshold", command.threshold, "How many have to sign");
  sub.add_option("--days", command.days, "How long the new version is believed (root 365, targets 120, channels 30)");
  sub.add_option("--work-factor", command.access->flags.work_factor, "Of new keys; as for init");
  sub.add_flag("--dry-run", command.access->flags.is_dry_run, "Only tell what would be signed");
}

}  // namespace

void add_keys_change(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto root = std::make_shared<ChangeCommand>(ChangeCommand{.access = access, .role = "root"});
  CLI::App* sub = group.add_subcommand("root", "The next root: other keepers or threshold, or only more time");
  sub->callback([root] { root->access->console().finish(root->run()); });
  add_change_flags(*sub, *root);

  const auto rotate = std::make_shared<ChangeCommand>(ChangeCommand{.access = access});
  sub = group.add_subcommand("rotate", "Replace keys of any role; without a change, renew it for longer");
  sub->callback([rotate] { rotate->access->console().finish(rotate->run()); });
  sub->add_option("role", rotate->role, "root, targets, snapshot, timestamp, ch-CHANNEL or policy-CHANNEL")->required();
  add_change_flags(*sub, *rotate);

  const auto channel = std::make_shared<ChannelCommand>(ChannelCommand{.access = access});
  sub = group.add_subcommand("channel", "Let targets name another channel and who releases on it");
  sub->callback([channel] { channel->access->console().finish(channel->run()); });
  sub->add_option("name", channel->name, "The channel")->required();
  sub->add_option("--channel-key", channel->keys, "A key that releases: file, name or id; may be given again")
      ->required();
  sub->add_option("--threshold", channel->threshold, "How many of them sign")->capture_default_str();
  sub->add_option("--online", channel->online_file, "The server's public keys, if no channel has its policy key yet");
  sub->add_flag("--private", channel->is_private, "Devices cannot choose it without its key");
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell what would be signed");

  sub = group.add_subcommand("snapshot", "Without a server: sign snapshot and timestamp for what is complete here");
  sub->callback([access] { access->console().finish(sign_snapshot(*access)); });
}

}  // namespace latchkey::app
