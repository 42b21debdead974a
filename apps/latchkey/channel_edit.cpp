// `latchkey channel create` and `channel set`: which channels an app has, who releases on them and how devices come by
// them. Signed by the targets role, in the publisher's folder; a release service gets it as soon as it is complete.
#include <fmt/format.h>

#include <algorithm>

#include "apps/latchkey/channel_commands.h"
#include "apps/latchkey/keys_commands.h"
#include "apps/latchkey/keys_output.h"
#include "apps/latchkey/release_server.h"
#include "apps/latchkey/release_terms.h"
#include "base/hex.h"
#include "publish/metadata_sync.h"
#include "publish/repository/channel_editor.h"

namespace latchkey::app {
namespace {

using release::Channel;
using release::Channels;

struct EditFlags {
  std::string name;
  std::vector<std::string> keys;
  std::size_t threshold = 0;  // 0: as the default channel's, or 1
  std::string online_file;
  std::vector<std::string> platforms;
  std::vector<std::string> devices, removed_devices;
  // As CLI11 has it: 1 yes, -1 no, 0 not said.
  int self_assign = 0, is_private = 0;
  bool becomes_default = false, without_snapshot = false;
};

std::string yes_or_no(bool value) { return value ? "yes" : "no"; }

std::string join(const std::vector<std::string>& words) {
  return words.empty() ? "all" : fmt::format("{}", fmt::join(words, ", "));
}

// What of a channel is different, a line each.
std::vector<std::string> compare(const Channels& before, const Channels& after, const std::string& name) {
  const Channel& now = *after.find(name);
  const Channel* const was = before.find(name);
  const Channel old = was != nullptr ? *was : Channel{};
  std::vector<std::string> lines;
  const auto tell = [&](std::string_view what, const std::string& from, const std::string& to) {
    if (was == nullptr)
      lines.push_back(fmt::format("{}: {}", what, to));
    else if (from != to)
      lines.push_back(fmt::format("{}: {} -> {}", what, from, to));
  };
  tell("devices may choose it", yes_or_no(old.self_assign), yes_or_no(now.self_assign));
  tell("private", yes_or_no(old.is_private), yes_or_no(now.is_private));
  tell("platforms", join(old.platforms), join(now.platforms));
  if (before.default_channel != after.default_channel)
    lines.push_back(fmt::format("the default channel: {} -> {}", before.default_channel, after.default_channel));
  return lines;
}

class EditCommand final {
 public:
  explicit EditCommand(Console& console) : access_(std::make_shared<KeysAccess>(console)), console_(console) {}

  KeysAccess& access() { return *access_; }
  EditFlags flags;
  ServerFlags server;

  Status create() {
    TRY_DO(read());
    if (before_.find(flags.name) != nullptr)
      return fail(Code::already_exists, "there is a channel " + flags.name + "; change it with `latchkey channel set`");
    after_ = before_;
    const bool is_private = flags.is_private > 0;
    after_.channels.push_back({.name = flags.name, .self_assign = !is_private, .is_private = is_private});
    TRY_DO(edit());
    TRY(const publish::ChannelKeys keys, choose_keys());
    TRY(targets_, publish::add_channel(std::move(targets_), flags.name, keys));
    return finish("created");
  }

  Status set() {
    TRY_DO(read());
    if (is_nothing_asked())
      return fail(Code::invalid_argument,
                  "nothing to change; say --default, --self-assign, --no-self-assign, --private, --public, --platform, "
                  "--device "
                  "or --no-device");
    after_ = before_;
    TRY_DO(edit());
    TRY_DO(change_devices());
    if (after_ == before_) return tell(has_changed_devices_ ? "changed" : "is so already", {}, 0);
    return finish("changed");
  }

 private:
  Status read() {
    TRY(before_, publish::read_channels(access_->folder()));
    TRY(targets_, access_->folder().get_targets(tuf::targets_role));
    return {};
  }

  bool is_nothing_asked() const {
    return flags.self_assign == 0 && flags.is_private == 0 && flags.platforms.empty() && !flags.becomes_default &&
           !says_devices();
  }
  bool says_devices() const { return !flags.devices.empty() || !flags.removed_devices.empty(); }

  // Nobody signs this list: its devices are named, and that is signed, by each release from now on.
  Status change_devices() {
    TRY(const auto old, publish::read_named_devices(access_->flags.folder, flags.name));
    TRY(const auto added, parse_devices(flags.devices));
    TRY(const auto removed, parse_devices(flags.removed_devices));
    TRY(devices_, publish::change_named_devices(old, added, removed));
    has_changed_devices_ = devices_ != old;
    if (!has_changed_devices_ || access_->flags.is_dry_run) return {};
    return publish::write_named_devices(access_->flags.folder, flags.name, devices_);
  }

  Status edit() {
    publish::ChannelEdit wanted{.becomes_default = flags.becomes_default};
    if (flags.self_assign != 0) wanted.self_assign = flags.self_assign > 0;
    if (flags.is_private != 0) wanted.is_private = flags.is_private > 0;
    if (flags.platforms == std::vector<std::string>{"all"})
      wanted.platforms.emplace();
    else if (!flags.platforms.empty())
      wanted.platforms = flags.platforms;
    TRY(after_, publish::edit_channel(std::move(after_), flags.name, wanted));
    return {};
  }

  // Those given, or whoever releases on the default channel.
  Result<publish::ChannelKeys> choose_keys() {
    publish::ChannelKeys chosen{.keys = {}, .threshold = 1, .policy = {}};
    const tuf::DelegatedRole* const like = targets_.find_role(publish::channel_role(before_.default_channel));
    for (const auto& text : flags.keys) {
      TRY(tuf::TufKey key, access_->find_public_key(text, targets_.delegated_keys));
      chosen.keys.push_back(std::move(key));
    }
    if (flags.keys.empty() && like != nullptr) {
      for (const auto& id : like->keys.key_ids) chosen.keys.push_back(targets_.delegated_keys.at(id));
      chosen.threshold = like->keys.threshold;
    }
    if (flags.threshold != 0) chosen.threshold = flags.threshold;
    TRY(chosen.policy, find_policy_key());
    return chosen;
  }

  // The server's, as other channels have it.
  Result<std::optional<tuf::TufKey>> find_policy_key() const {
    if (!flags.online_file.empty()) {
      TRY(OnlineKeys online, read_online_keys(flags.online_file));
      return std::move(online.policy);
    }
    for (const auto& role : targets_.delegated_roles)
      if (role.name.starts_with("policy-")) return targets_.delegated_keys.at(*role.keys.key_ids.begin());
    return std::optional<tuf::TufKey>();
  }

  Status finish(std::string_view done) {
    TRY(const tuf::Targets next,
        publish::name_channels(std::move(targets_), after_, access_->now() + publish::Lifetimes().targets));
    auto folder = access_->folder();
    TRY(auto draft, make_draft(folder, tuf::targets_role, next.version, print(next)));
    if (access_->flags.is_dry_run) return tell("would be " + std::string(done), {}, 0);
    TRY_DO(folder.put_target("channels.json", as_bytes(print_channels(after_))));
    std::vector<publish::Draft> drafts;
    drafts.push_back(std::move(draft));
    TRY(const auto completed, access_->sign_and_submit(std::move(drafts)));
    if (!completed.empty() && !flags.without_snapshot) {
      TRY(is_static_, access_->sign_snapshot_if_ours());
    }
    TRY(const std::size_t sent, completed.empty() ? Result<std::size_t>(0) : send());
    return tell(done, completed, sent);
  }

  Result<std::size_t> send() {
    if (server.server.empty()) return 0;
    TRY(const auto connection, ReleaseServer::connect(console_, server, before_.app));
    return publish::send_signed_metadata(connection->api(), access_->folder());
  }

  std::string next_step(bool is_complete, std::size_t sent) const {
    const Channel& channel = *after_.find(flags.name);
    std::string text;
    if (access_->flags.is_dry_run) return "\ndry run: nothing was written";
    const Channel* const was = before_.find(flags.name);
    if (has_changed_devices_) text += "\nreleases from now on name these devices; those there are stay as they are";
    if (channel.is_private && (was == nullptr || !was->is_private))
      text += "\na private channel needs a content key of its own: latchkey bundle key create --channel " + flags.name;
    if (was != nullptr && was->is_private && !channel.is_private)
      text += "\nreleases from now on are for everybody; what was released before stays for its own key";
    if (!is_complete) return text;
    if (sent > 0) return text + "\nsent to the server";
    if (is_static_) return text + "\nupload metadata/ and targets/, timestamp.json last";
    return text + "\nsend it with: latchkey keys send --server URL";
  }

  Status tell(std::string_view done, const std::vector<publish::MetadataName>& completed, std::size_t sent) {
    TRY(const auto waiting, access_->folder().list_drafts());
    const auto changes = compare(before_, after_, flags.name);
    std::string said = fmt::format("channel {} {}", flags.name, done);
    for (const std::string& line : changes) said += "\n  " + line;
    if (says_devices()) said += "\n  devices:" + std::string(devices_.empty() ? " none" : "");
    for (const auto& device : devices_)
      if (says_devices()) said += "\n    " + to_hex(device.id.value()) + "  " + device.note;
    console_.result(describe_outcome(*access_, said, completed, waiting) + next_step(!completed.empty(), sent),
                    to_json(changes, completed, waiting, sent));
    return {};
  }

  std::string to_json(const std::vector<std::string>& changes, const std::vector<publish::MetadataName>& completed,
                      const std::vector<publish::Draft>& waiting, std::size_t sent) const {
    const Channel& channel = *after_.find(flags.name);
    std::string out;
    protocol::json::Writer writer(out);
    writer.begin_object().member("ok", true).member("dry_run", access_->flags.is_dry_run).key("channel").begin_object();
    writer.member("name", channel.name).member("default", after_.default_channel == channel.name);
    writer.member("self_assign", channel.self_assign).member("private", channel.is_private);
    writer.member("platforms", std::span<const std::string>(channel.platforms)).end_object();
    writer.member("changes", std::span<const std::string>(changes)).member("sent", sent);
    if (says_devices()) {
      writer.key("devices").begin_array();
      for (const auto& device : devices_)
        writer.begin_object().member("id", to_hex(device.id.value())).member("note", device.note).end_object();
      writer.end_array();
    }
    writer.key("outcome").raw(outcome_json(*access_, completed, waiting)).end_object();
    return out;
  }

  std::shared_ptr<KeysAccess> access_;
  Console& console_;
  Channels before_, after_;
  tuf::Targets targets_;
  std::vector<publish::NamedDevice> devices_;
  bool has_changed_devices_ = false;
  bool is_static_ = false;
};

void add_common(CLI::App& sub, EditCommand& command, Console& console) {
  sub.add_option("name", command.flags.name, "The channel: lower-case letters, digits, dashes")->required();
  add_keys_flags(sub, command.access().flags, console);
  sub.add_flag("--self-assign,!--no-self-assign", command.flags.self_assign,
               "Whether devices may choose it; else only native builds and your own service put them there");
  sub.add_flag("--private,!--public", command.flags.is_private,
               "Private: its releases open with its own content key only");
  sub.add_option("--platform", command.flags.platforms, "Only these get its releases: android, electron, ios, web; all")
      ->delimiter(',');
  sub.add_flag("--default", command.flags.becomes_default, "Devices that were told nothing else are on it");
  add_server_flags(sub, command.server);
  sub.add_flag("--without-snapshot", command.flags.without_snapshot,
               "Do not sign snapshot and timestamp, even if the keys are here");
  sub.add_flag("--dry-run", command.access().flags.is_dry_run, "Only tell what would change; nothing is written");
}

}  // namespace

void add_channel_edit(CLI::App& group, Console& console) {
  const auto made = std::make_shared<EditCommand>(console);
  CLI::App* sub = group.add_subcommand("create", "Another channel, and who releases on it");
  sub->callback([made, &console] { console.finish(made->create()); });
  add_common(*sub, *made, console);
  sub->add_option("--channel-key", made->flags.keys,
                  "A key that releases: file, name or id; may be given again (default: those of the default channel)");
  sub->add_option("--threshold", made->flags.threshold, "How many of them sign (default: as there, else 1)");
  sub->add_option("--online", made->flags.online_file,
                  "The server's public keys, if no channel has its policy key yet");
  sub->footer(
      "  latchkey channel create beta --channel-key ci --server https://updates.example.com\n"
      "  latchkey channel create staff --private --no-self-assign\n"
      "The targets role signs: 2 of 2 people as a rule. Until enough of them have, it is a draft (latchkey keys\n"
      "threshold sign); then `latchkey keys send --server URL` brings it to the server.");

  const auto changed = std::make_shared<EditCommand>(console);
  sub = group.add_subcommand("set", "Change a channel: default, who may choose it, private, platforms, devices");
  sub->callback([changed, &console] { console.finish(changed->set()); });
  add_common(*sub, *changed, console);
  sub->add_option("--device", changed->flags.devices,
                  "ID[=NOTE], as the device shows it: gets every release whatever its share; may be given again");
  sub->add_option("--no-device", changed->flags.removed_devices, "ID: no longer");
  sub->footer(
      "  latchkey channel set beta --default\n"
      "  latchkey channel set kiosk --platform electron --no-self-assign --dry-run\n"
      "  latchkey channel set stable --device f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff=\"Anna's phone\"\n"
      "A device's id: latchkey update status, or what the app shows of it. The list stays here; releases name devices\n"
      "by tags that are others each time, and no server learns which device is meant.\n"
      "Keys and threshold of a channel: latchkey keys rotate ch-NAME.");
}

}  // namespace latchkey::app
