// latchkey channel list | releases | rollout | pause | resume | halt: channels of an app on a release service, over its
// API. What is signed is channel_edit.cpp and channel_release.cpp.
#include "apps/latchkey/channel_commands.h"
#include "apps/latchkey/commands.h"
#include "apps/latchkey/release_server.h"
#include "publish/release_list.h"
#include "publish/repository/channel_editor.h"

namespace latchkey::app {

namespace {

struct ChannelFlags {
  ServerFlags server;
  std::string app, folder = "updates";
  std::string channel = "stable";
  std::string release;  // empty: the newest
  std::string reason;
  std::uint32_t bps = 0;
  bool is_unwatched = false;
};

class Channels final {
 public:
  Channels(Console& console, const ChannelFlags& flags) : console_(console), flags_(flags) {}

  Status connect() {
    TRY(const std::string app, find_app());
    TRY(server_, ReleaseServer::connect(console_, flags_.server, app));
    return {};
  }

  Status list() {
    TRY(const std::string text, server_->api().list_channels());
    TRY(const auto channels, publish::parse_channel_list(text));
    std::string human;
    for (const auto& one : channels)
      human += (human.empty() ? "" : "\n") + one.name + "  " + (one.newest ? describe(*one.newest) : "no release yet");
    console_.result(human, text);
    return {};
  }

  Status releases() {
    TRY(const std::string text, server_->api().list_releases(flags_.channel));
    TRY(const auto releases, publish::parse_release_list(text));
    std::string human;
    for (const auto& one : releases) human += (human.empty() ? "" : "\n") + describe(one);
    console_.result(human, text);
    return {};
  }

  Status change(std::string_view action) {
    publish::ApiClient::RolloutChange change{.action = action, .id = {}, .bps = {}, .reason = {}, .watch = {}};
    TRY(change.id, choose_release());
    if (action == "rollout") change.bps = flags_.bps;
    if (!flags_.reason.empty()) change.reason = flags_.reason;
    if (flags_.is_unwatched) change.watch = false;
    TRY_DO(server_->api().change_rollout(flags_.channel, change));
    const std::string id = print(change.id);
    console_.result(std::string(action) + "  " + id,
                    "{\"ok\":true,\"action\":" + json_quoted(action) + ",\"release\":" + json_quoted(id) + "}");
    return {};
  }

 private:
  Result<std::string> find_app() const {
    if (!flags_.app.empty()) return flags_.app;
    const auto channels = publish::read_channels(publish::MetadataFolder(flags_.folder));
    if (!channels) return fail(Code::invalid_argument, "name the app with --app, or its publisher's folder with --dir");
    return channels->app;
  }

  static std::string describe_networks(const publish::ListedRelease& release) {
    if (release.failed == 0 || !release.failing_networks) return "";
    return ", " + std::to_string(*release.failing_networks) + " networks";
  }

  static std::string describe(const publish::ListedRelease& release) {
    const std::string state = release.is_halted   ? "halted"
                              : release.is_paused ? "paused"
                                                  : std::to_string(release.basis_points) + " bp";
    return print(release.id) + "  " + release.name + "  " + state + "  " + std::to_string(release.failed) + " of " +
           std::to_string(release.devices) + " devices failed" + describe_networks(release) +
           (release.is_watched ? "" : ", unwatched") + (release.reason.empty() ? "" : "  (" + release.reason + ")");
  }

  Result<protocol::release::ReleaseId> choose_release() {
    if (!flags_.release.empty()) return protocol::release::parse_release_id(flags_.release);
    TRY(const std::string text, server_->api().list_releases(flags_.channel));
    TRY(const auto releases, publish::parse_release_list(text));
    if (releases.empty()) return fail(Code::not_found, "the channel has no release");
    return releases.front().id;
  }

  Console& console_;
  const ChannelFlags& flags_;
  std::unique_ptr<ReleaseServer> server_;
};

using ChannelAction = std::function<Status(Channels&)>;

Status run(Console& console, const ChannelFlags& flags, const ChannelAction& action) {
  Channels channels(console, flags);
  TRY_DO(channels.connect());
  return action(channels);
}

void add_connection(CLI::App& command, ChannelFlags& flags, Console& console) {
  add_server_flags(command, flags.server);
  command.add_option("--app", flags.app, "The app's id (default: that of the publisher's folder)");
  command.add_option("--dir", flags.folder, "The publisher's folder (default: updates)");
  command.add_flag("--secrets-from-stdin", console.secrets_from_stdin, "Read the API key from standard input");
}

}  // namespace

void add_channel(CLI::App& app, Console& console) {
  CLI::App* group = app.add_subcommand("channel", "Channels of an app, their releases and rollouts");
  group->require_subcommand(1);
  group->footer(
      "Signed in the publisher's folder, by people and CI:\n"
      "  latchkey channel create beta                        who releases there, who may choose it\n"
      "  latchkey channel promote beta stable                what beta has, for everybody; nothing is packed again\n"
      "  latchkey channel rollback stable                    the release before, as a new one\n"
      "Asked of the server, which can only hold back:\n"
      "  latchkey channel rollout stable --bps 500 --server https://updates.example.com      5 % of the devices\n"
      "  latchkey channel pause | resume | halt stable --server ...");
  add_channel_edit(*group, console);
  add_channel_release(*group, console);
  const auto add = [&](const char* name, const char* description, ChannelAction action) {
    auto flags = std::make_shared<ChannelFlags>();
    CLI::App* command = group->add_subcommand(name, description);
    add_connection(*command, *flags, console);
    command->callback([&console, flags, action] { console.finish(run(console, *flags, action)); });
    return std::pair(command, flags);
  };
  const auto of_channel = [](const auto& added) {
    added.first->add_option("channel", added.second->channel, "Its name (default: stable)");
    return added;
  };
  const auto of_release = [&](const auto& added) {
    of_channel(added);
    added.first->add_option("--release", added.second->release, "The release's id (default: the newest)");
    added.first->add_option("--reason", added.second->reason, "Why, for people; up to 200 bytes");
    return added;
  };
  add("list", "All channels, with their current releases", [](Channels& channels) { return channels.list(); });
  of_channel(add("releases", "A channel's releases and how devices fare with them",
                 [](Channels& channels) { return channels.releases(); }));
  const auto rollout = of_release(add("rollout", "Offer a release to a share of the devices",
                                      [](Channels& channels) { return channels.change("rollout"); }));
  rollout.first->add_option("--bps", rollout.second->bps, "Basis points: 10000 is everybody, as far as it was signed")
      ->required()
      ->check(CLI::Range(0, 10000));
  of_release(
      add("pause", "Offer a release to nobody for now", [](Channels& channels) { return channels.change("pause"); }));
  const auto resume =
      of_release(add("resume", "Offer it again", [](Channels& channels) { return channels.change("resume"); }));
  resume.first->add_flag("--unwatched", resume.second->is_unwatched,
                         "It is not to pause itself, whatever devices report, until it is resumed without this");
  of_release(add("halt", "Withdraw a release for good from devices that do not run it yet",
                 [](Channels& channels) { return channels.change("halt"); }));
}

}  // namespace latchkey::app
