// latchkey app create | list | show | api-key: apps and publishers' keys in a server's database, also while it runs.
// The first key of all comes from here; the others may be made over the API, too.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/release_data.h"
#include "protocol/json_writer.h"
#include "release/publishing.h"

namespace latchkey::app {

namespace {

using namespace release;

struct AppFlags {
  ConfigFlags config;
  std::string app;
  std::string name;
  std::string key_id;
  std::vector<std::string> scopes = {"publish", "rollout", "read"};
  std::vector<std::string> roles = {"snapshot", "timestamp", "policy"};
  bool gives_up = false;
  bool is_for_all_apps = false;
};

using AppAction = Status (*)(Console&, const AppFlags&, const identity::Config&, sql::Database&);

// The key is the result: it goes to standard output, once.
void report_key(Console& console, const NewApiKey& made, std::string_view said) {
  const std::string owner = made.stored.app.empty() ? "all apps" : made.stored.app;
  WipedString human(said);
  human.append("\nAPI key ").append(made.stored.id).append(" for ").append(owner);
  human.append(", shown once; keep it in a file of mode 0600:\n  ").append(made.key.reveal_text());
  WipedString json;
  protocol::json::WipedWriter writer(json);
  writer.begin_object().member("app", made.stored.app).member("key_id", made.stored.id);
  writer.member("key", made.key.reveal_text()).end_object();
  console.result(human, json);
}

Status create(Console& console, const AppFlags& flags, const identity::Config& config, sql::Database& db) {
  TRY(auto encryption, open_key_encryption(config, db));
  const SealWithKek seal(std::move(encryption));
  const App app{flags.app, flags.name.empty() ? flags.app : flags.name, SystemClock().now()};
  const Signing signing{seal, {}, {}};
  auto work = [&](sql::Transaction& tx) { return create_app(tx, signing, app); };
  TRY(const NewApiKey made, db.write(work).get());
  report_key(console, made, "created " + app.id);
  return {};
}

Status list(Console& console, const AppFlags&, const identity::Config&, sql::Database& db) {
  TRY(const auto apps, db.read([](sql::Transaction& tx) { return list_apps(tx, ""); }).get());
  for (const App& app : apps)
    console.result(app.id + "  " + app.name,
                   "{\"app\":" + json_quoted(app.id) + ",\"name\":" + json_quoted(app.name) + "}");
  return {};
}

struct OnlineKeySet {
  OnlineKeys keys;
  NextKeys next;
};

Result<OnlineKeySet> read_online_keys_of(sql::Database& db, const std::string& app, const KeySeal& seal) {
  auto look = [&](sql::Transaction& tx) -> Result<OnlineKeySet> {
    TRY(auto keys, load_online_keys(tx, app, seal));
    TRY(auto next, load_next_keys(tx, app, seal));
    return OnlineKeySet{std::move(keys), std::move(next)};
  };
  return db.read(look).get();
}

using ShownKey = std::pair<std::string_view, const crypto::SigningKey*>;

Status show_keys(std::string& human, protocol::json::Writer& writer, std::string_view name,
                 std::initializer_list<ShownKey> keys) {
  writer.key(name).begin_object();
  for (const auto& [role, key] : keys) {
    if (key == nullptr) continue;
    TRY(const auto shown, tuf::TufKey::of(key->verifying_key()));
    human += "\n  " + std::string(role) + "  " + shown.id().value();
    writer.key(role).raw(shown.json());
  }
  writer.end_object();
  return {};
}

// What root and targets have to name: the keys the server signs with, and those that are to follow.
Status show_keys_of(Console& console, const std::string& app, const OnlineKeySet& set, std::string said) {
  const auto or_null = [](const auto& key) { return key ? &*key : nullptr; };
  std::string json;
  protocol::json::Writer writer(json);
  writer.begin_object().member("app", app);
  said += "\nkeys of the server, for root (snapshot, timestamp) and targets (policy):";
  TRY_DO(
      show_keys(said, writer, "online_keys",
                {{"policy", &set.keys.policy}, {"snapshot", &set.keys.snapshot}, {"timestamp", &set.keys.timestamp}}));
  if (!set.next.is_empty()) {
    said += "\nto follow them, as soon as root and targets name these instead (latchkey keys online):";
    TRY_DO(show_keys(said, writer, "next_keys",
                     {{"policy", or_null(set.next.policy)},
                      {"snapshot", or_null(set.next.snapshot)},
                      {"timestamp", or_null(set.next.timestamp)}}));
  }
  writer.end_object();
  console.result(said, json);
  return {};
}

Status show(Console& console, const AppFlags& flags, const identity::Config& config, sql::Database& db) {
  TRY(auto encryption, open_key_encryption(config, db));
  const SealWithKek seal(std::move(encryption));
  TRY(const auto set, read_online_keys_of(db, flags.app, seal));
  return show_keys_of(console, flags.app, set, flags.app);
}

Status rotate_keys(Console& console, const AppFlags& flags, const identity::Config& config, sql::Database& db) {
  TRY(auto encryption, open_key_encryption(config, db));
  const SealWithKek seal(std::move(encryption));
  auto work = [&](sql::Transaction& tx) -> Status {
    if (flags.gives_up) return drop_next_keys(tx, flags.app).map([](auto) {});
    return insert_next_keys(tx, flags.app, flags.roles, seal);
  };
  const Status done = db.write(work).get();
  if (!done && done.error().code == Code::already_exists)
    return fail(Code::already_exists, done.error().detail + "; name it (latchkey keys online), or --give-up");
  TRY_DO(done);
  TRY(const auto set, read_online_keys_of(db, flags.app, seal));
  return show_keys_of(console, flags.app, set,
                      flags.app + (flags.gives_up ? ": no key waits any more" : ": new keys wait to be named"));
}

Status create_key(Console& console, const AppFlags& flags, const identity::Config&, sql::Database& db) {
  if (flags.app.empty() != flags.is_for_all_apps)
    return fail(Code::invalid_argument, "name an app, or give --all-apps");
  TRY(const Scopes scopes, parse_scopes(flags.scopes));
  const Instant now = SystemClock().now();
  auto work = [&](sql::Transaction& tx) { return insert_api_key(tx, flags.app, flags.name, scopes, now); };
  TRY(const NewApiKey made, db.write(work).get());
  report_key(console, made, "created");
  return {};
}

Status list_keys(Console& console, const AppFlags& flags, const identity::Config&, sql::Database& db) {
  TRY(const auto keys, db.read([&](sql::Transaction& tx) { return list_api_keys(tx, flags.app); }).get());
  for (const StoredApiKey& key : keys) {
    std::string scopes;
    for (const auto& name : names_of(key.scopes)) scopes += (scopes.empty() ? "" : " ") + name;
    console.result(key.id + "  " + scopes + "  " + key.name,
                   "{\"key_id\":" + json_quoted(key.id) + ",\"app\":" + json_quoted(key.app) +
                       ",\"scopes\":" + json_quoted(scopes) + ",\"name\":" + json_quoted(key.name) + "}");
  }
  return {};
}

Status delete_key(Console& console, const AppFlags& flags, const identity::Config&, sql::Database& db) {
  auto work = [&](sql::Transaction& tx) { return delete_api_key(tx, flags.app, flags.key_id); };
  TRY_DO(db.write(work).get());
  console.result("deleted " + flags.key_id, "{\"deleted\":" + json_quoted(flags.key_id) + "}");
  return {};
}

Status run(Console& console, const AppFlags& flags, AppAction action) {
  TRY(const identity::Config config, load_config_for_links(flags.config));
  TRY(const auto db, open_database(config));
  const Status done = action(console, flags, config, *db);
  db->stop();
  return done;
}

std::shared_ptr<AppFlags> add_action(CLI::App& group, Console& console, CLI::App*& command, const char* name,
                                     const char* description, AppAction action) {
  auto flags = std::make_shared<AppFlags>();
  command = group.add_subcommand(name, description);
  add_data_flags(*command, flags->config);
  command->callback([&console, flags, action] { console.finish(run(console, *flags, action)); });
  return flags;
}

void add_api_key(CLI::App& app, Console& console) {
  CLI::App* group = app.add_subcommand("api-key", "Keys of publishers and scripts");
  group->require_subcommand(1);
  CLI::App* command = nullptr;
  auto flags = add_action(*group, console, command, "create", "Make a key; it is shown once", create_key);
  command->add_option("app", flags->app, "The app the key is for");
  command->add_flag("--all-apps", flags->is_for_all_apps, "For all apps, those to come included");
  command->add_option("--name", flags->name, "Who or what uses it")->required();
  command->add_option("--scope", flags->scopes, "publish, rollout, read; apps (with --all-apps)")->delimiter(',');
  flags = add_action(*group, console, command, "list", "The keys of an app, or those of all apps", list_keys);
  command->add_option("app", flags->app, "The app; none: the keys of all apps");
  flags = add_action(*group, console, command, "delete", "From now on the key is refused", delete_key);
  command->add_option("key", flags->key_id, "Its id, as api-key list shows it")->required();
  command->add_option("--app", flags->app, "The app it is for; none: a key of all apps");
}

}  // namespace

void add_app(CLI::App& app, Console& console) {
  CLI::App* group = app.add_subcommand("app", "Manage the apps of the release service, on the server's machine");
  group->require_subcommand(1);
  group->footer("Give the same --data (or --config) as latchkey serve.");
  CLI::App* command = nullptr;
  auto flags = add_action(*group, console, command, "create", "Add an app and make its first API key", create);
  command->add_option("app", flags->app, "Its id, for example com.example.shop")->required();
  command->add_option("--name", flags->name, "Its name, for people");
  add_action(*group, console, command, "list", "All apps", list);
  flags = add_action(*group, console, command, "rotate-keys",
                     "Make keys to follow those the server signs with; they sign once root and targets name them",
                     rotate_keys);
  command->add_option("app", flags->app, "The app's id")->required();
  command->add_option("--role", flags->roles, "snapshot, timestamp, policy (default: all)")->delimiter(',');
  command->add_flag("--give-up", flags->gives_up, "Forget keys that were made and are not named yet");
  command->footer(
      "  latchkey app rotate-keys com.example.shop --data DIR --json > next.json      on the server's machine\n"
      "  latchkey keys online next.json                                               the publisher; root keepers "
      "sign\n"
      "  latchkey keys send --server https://updates.example.com\n"
      "The server changes over when it is sent a root and targets that name the new keys, all at once; until then the\n"
      "old ones sign. Devices follow without a new app.");
  flags = add_action(*group, console, command, "show",
                     "The keys the server signs with, to be named by root and targets", show);
  command->add_option("app", flags->app, "Its id")->required();
  add_api_key(*group, console);
}

}  // namespace latchkey::app
