// `latchkey keys init` and `keys new`: the first root and targets of an app, and single key pairs.
#include <fmt/format.h>

#include <charconv>

#include "apps/latchkey/keys_commands.h"
#include "base/atomic_file.h"
#include "protocol/limits.h"
#include "protocol/release/channels.h"
#include "protocol/release/names.h"
#include "publish/public_files.h"

namespace latchkey::app {
namespace {

using crypto::SignatureAlgorithm;

struct ChannelPlan {
  std::string name;
  std::size_t threshold = 1;
};

// "stable:2"
Result<ChannelPlan> parse_channel(std::string_view text) {
  ChannelPlan plan{std::string(text.substr(0, text.find(':')))};
  TRY_DO(protocol::release::check_channel_name(plan.name));
  if (plan.name.size() == text.size()) return plan;
  const std::string_view number = text.substr(plan.name.size() + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), plan.threshold);
  if (error != std::errc() || end != number.data() + number.size())
    return fail(Code::invalid_argument, "--channel takes NAME or NAME:THRESHOLD");
  return plan;
}

Result<tuf::TufKey> read_key(const protocol::json::Value& object, std::string_view name) {
  TRY(const protocol::json::Value* member, protocol::json::find_object(object, name));
  if (member == nullptr) return fail(Code::invalid_format, name);
  return tuf::TufKey::from(*member);
}

struct InitCommand {
  std::shared_ptr<KeysAccess> access;
  std::string app = {};
  std::string online_file = {};
  bool is_static = false;
  std::vector<std::string> channels = {"stable:2", "beta:1"};
  std::vector<std::string> private_channels = {};
  std::vector<std::string> root_keys = {};
  std::vector<std::string> targets_keys = {};
  std::vector<std::string> channel_keys = {};
  std::size_t root_threshold = 2;
  std::size_t targets_threshold = 2;

  // Given as files, or made now.
  Result<std::vector<tuf::TufKey>> take_keys(const std::vector<std::string>& given,
                                             const std::vector<std::string>& names) const {
    std::vector<tuf::TufKey> keys;
    for (const auto& file : given) {
      TRY(tuf::TufKey key, access->find_public_key(file, {}));
      keys.push_back(std::move(key));
    }
    if (!keys.empty()) return keys;
    for (const auto& name : names) {
      TRY(tuf::TufKey key, access->make_key(name, SignatureAlgorithm::ed25519));
      keys.push_back(std::move(key));
    }
    return keys;
  }

  Result<OnlineKeys> take_online_keys() const {
    if (!is_static) return read_online_keys(online_file);
    TRY(tuf::TufKey snapshot, access->make_key("snapshot", SignatureAlgorithm::ed25519));
    TRY(tuf::TufKey timestamp, access->make_key("timestamp", SignatureAlgorithm::ed25519));
    return OnlineKeys{std::move(snapshot), std::move(timestamp), std::nullopt};
  }

  Result<tuf::Root> make_root(const OnlineKeys& online) const {
    TRY(const auto root_role_keys, take_keys(root_keys, {"root-1", "root-2", "root-3"}));
    TRY(const auto targets_role_keys, take_keys(targets_keys, {"targets-1", "targets-2"}));
    tuf::Root root{.version = 1, .expires = {}, .keys = {}, .roles = {}};
    const Instant expires = access->now() + publish::Lifetimes().root;
    const auto set = [&](std::string_view role, const std::vector<tuf::TufKey>& keys, std::size_t threshold) -> Status {
      root.roles[std::string(role)];
      TRY(root, publish::change_keys(std::move(root), role, {keys, {}, threshold}, expires));
      root.version = 1;
      return {};
    };
    TRY_DO(set(tuf::root_role, root_role_keys, root_threshold));
    TRY_DO(set(tuf::targets_role, targets_role_keys, targets_threshold));
    TRY_DO(set(tuf::snapshot_role, {online.snapshot}, 1));
    TRY_DO(set(tuf::timestamp_role, {online.timestamp}, 1));
    return root;
  }

  Result<protocol::release::Channels> plan_channels() const {
    protocol::release::Channels plan{.app = app, .default_channel = {}, .channels = {}};
    for (const auto& text : channels) {
      TRY(const ChannelPlan one, parse_channel(text));
      const bool is_private = std::ranges::find(private_channels, one.name) != private_channels.end();
      plan.channels.push_back({one.name, !is_private, is_private});
    }
    if (!plan.channels.empty()) plan.default_channel = plan.channels.front().name;
    TRY_DO(protocol::release::check_channels(plan));
    return plan;
  }

  Result<tuf::Targets> make_targets(const OnlineKeys& online, std::string_view channels_json) const {
    TRY(const auto keys, take_keys(channel_keys, {"ci", "human"}));
    tuf::Targets targets;
    targets.expires = access->now() + publish::Lifetimes().targets;
    targets.files.emplace("channels.json", tuf::describe_target(as_bytes(channels_json)));
    for (const auto& text : channels) {
      TRY(const ChannelPlan one, parse_channel(text));
      TRY(targets, publish::add_channel(std::move(targets), one.name, {keys, one.threshold, online.policy}));
    }
    return targets;
  }

  // Whatever can be wrong is found before a key is made.
  Status check() const {
    TRY_DO(protocol::release::check_app_id(app));
    if (is_static == !online_file.empty())
      return fail(Code::invalid_argument, "either --online FILE with the server's keys, or --static");
    if (const auto root = access->folder().read_root(); root || root.error().code != Code::not_found)
      return fail(Code::already_exists, "there is a repository here already");
    TRY(const auto drafts, access->folder().list_drafts());
    if (!drafts.empty()) return fail(Code::already_exists, "there are drafts here already");
    if (!is_static) TRY_DO(read_online_keys(online_file));
    return {};
  }

  Status init() {
    TRY_DO(check());
    TRY(const auto plan, plan_channels());
    if (access->flags.is_dry_run) return tell_plan(plan);
    TRY_DO(publish::create_public_folder(access->flags.folder));  // before the keys, which would make it private
    TRY(const OnlineKeys online, take_online_keys());
    TRY(const tuf::Root root, make_root(online));
    const std::string channels_json = protocol::release::print_channels(plan);
    TRY(const tuf::Targets targets, make_targets(online, channels_json));
    auto folder = access->folder();
    TRY_DO(folder.put_target("channels.json", as_bytes(channels_json)));
    TRY(auto root_draft, make_draft(folder, tuf::root_role, 1, print(root)));
    TRY(auto targets_draft, make_draft(folder, tuf::targets_role, 1, print(targets)));
    std::vector<publish::Draft> drafts;
    drafts.push_back(std::move(root_draft));
    drafts.push_back(std::move(targets_draft));
    TRY(const auto completed, access->sign_and_submit(std::move(drafts)));
    return access->report(
        "the repository is begun; give each root and targets key to another person, and keep none of them on a machine "
        "that builds or serves",
        completed);
  }

  Status tell_plan(const protocol::release::Channels& plan) const {
    access->console().result(
        fmt::format("would make a repository for {} in {}: {} root keys, {} sign; {} channels; keys in {}", app,
                    access->flags.folder, root_keys.empty() ? 3 : root_keys.size(), root_threshold,
                    plan.channels.size(), access->key_folder().string()),
        R"({"ok":true,"dry_run":true})");
    return {};
  }
};

struct NewCommand {
  std::shared_ptr<KeysAccess> access;
  std::string name = {};
  std::string type = "ed25519";

  Status make() {
    if (type != "ed25519" && type != "p256") return fail(Code::invalid_argument, "--type takes ed25519 or p256");
    TRY(const tuf::TufKey key,
        access->make_key(name, type == "p256" ? SignatureAlgorithm::es256 : SignatureAlgorithm::ed25519));
    access->console().result(
        fmt::format("{0}.key is the key, sealed; give {0}.pub to whoever names it in metadata\n  id {1}", name,
                    key.id().value()),
        fmt::format(R"({{"ok":true,"id":"{}"}})", key.id().value()));
    return {};
  }
};

}  // namespace

Result<OnlineKeys> read_online_keys(const std::string& file) {
  TRY(const WipedBytes text, read_file(file, protocol::limits::settings_file_bytes));
  TRY(const auto document, protocol::json::parse_object(as_text(text)));
  TRY(const protocol::json::Value* nested, protocol::json::find_object(document, "online_keys"));
  const protocol::json::Value& keys = nested != nullptr ? *nested : document;
  TRY(const protocol::json::Value* next, protocol::json::find_object(document, "next_keys"));
  const auto read = [&](std::string_view role) {
    return read_key(next != nullptr && next->find(role) != nullptr ? *next : keys, role);
  };
  TRY(tuf::TufKey snapshot, read("snapshot"));
  TRY(tuf::TufKey timestamp, read("timestamp"));
  TRY(tuf::TufKey policy, read("policy"));
  return OnlineKeys{std::move(snapshot), std::move(timestamp), std::move(policy)};
}

void add_keys_init(CLI::App& group, const std::shared_ptr<KeysAccess>& access) {
  const auto init = std::make_shared<InitCommand>(InitCommand{access});
  CLI::App* sub = group.add_subcommand("init", "Begin an app's update repository: keys, root, targets, channels");
  sub->callback([init] { init->access->console().finish(init->init()); });
  sub->add_option("--app", init->app, "The app's id, as on the server")->required();
  sub->add_option("--online", init->online_file, "The server's public keys, as JSON (what it says of the app)");
  sub->add_flag("--static", init->is_static,
                "No server: any web host serves the folder, and `keys snapshot` is run before files expire");
  sub->add_option("--channel", init->channels, "NAME:THRESHOLD, the default first; may be given again")
      ->capture_default_str();
  sub->add_option("--private", init->private_channels, "Of those, one that devices cannot choose without its key");
  sub->add_option("--root-key", init->root_keys, "Public key (.pub) of a root keeper, instead of making three");
  sub->add_option("--root-threshold", init->root_threshold, "How many of them sign")->capture_default_str();
  sub->add_option("--targets-key", init->targets_keys, "Public key of a release manager, instead of making two");
  sub->add_option("--targets-threshold", init->targets_threshold, "How many of them sign")->capture_default_str();
  sub->add_option("--channel-key", init->channel_keys, "Public key that releases, instead of making ci and human");
  sub->add_option("--work-factor", access->flags.work_factor,
                  "log2 of what guessing a passphrase costs; 18 takes a second and 256 MiB")
      ->capture_default_str();
  sub->add_flag("--dry-run", access->flags.is_dry_run, "Only tell what would be made");

  const auto made = std::make_shared<NewCommand>(NewCommand{access});
  sub = group.add_subcommand("new", "Make one key pair in the folder of keys");
  sub->callback([made] { made->access->console().finish(made->make()); });
  sub->add_option("name", made->name, "Its name: anna-2026")->required();
  sub->add_option("--type", made->type, "ed25519 or p256")->capture_default_str();
  sub->add_option("--work-factor", access->flags.work_factor, "As for init")->capture_default_str();
}

}  // namespace latchkey::app
