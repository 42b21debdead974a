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
  bool is_for_all_apps = false;
};

using Action = Status (*)(Console&, const AppFlags&, const identity::Config&, sql::Database&);

// The key is the result: it goes to standard output, once.
void report_key(Console& console, const NewApiKey& made, std::string_view said) {
  const std::string key(made.key.reveal_text());
  const std::string owner = made.stored.app.empty() ? "all apps" : made.stored.app;
  console.result(std::string(said) + "\nAPI key " + made.stored.id + " for " + owner +
                     ", shown once; keep it in a file of mode 0600:\n  " + key,
                 "{\"app\":" + json_quoted(made.stored.app) + ",\"key_id\":" + json_quoted(made.stored.id) +
                     ",\"key\":" + json_quoted(key) + "}");
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

// What root and targets have to name: the keys the server signs with.
Status show(Console& console, const AppFlags& flags, const identity::Config& config, sql::Database& db) {
  TRY(auto encryption, open_key_encryption(config, db));
  const SealWithKek seal(std::move(encryption));
  TRY(const auto keys, db.read([&](sql::Transaction& tx) { return load_online_keys(tx, flags.app, seal); }).get());
  std::string human = flags.app + "\nkeys of the server, for root (snapshot, timestamp) and targets (policy):";
  std::string json;
  protocol::json::Writer writer(json);
  writer.begin_object().member("app", flags.app).key("online_keys").begin_object();
  for (const auto& [role, key] : {std::pair<std::string, const crypto::SigningKey*>{"policy", &keys.policy},
                                  {"snapshot", &keys.snapshot},
                                  {"timestamp", &keys.timestamp}}) {
    TRY(const auto shown, tuf::TufKey::of(key->verifying_key()));
    human += "\n  " + role + "  " + shown.id().value();
    writer.key(role).raw(shown.json());
  }
  writer.end_object().end_object();
  console.result(human, json);
  return {};
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

Status run(Console& console, const AppFlags& flags, Action action) {
  TRY(const identity::Config config, load_config_for_links(flags.config));
  TRY(const auto db, open_database(config));
  const Status done = action(console, flags, config, *db);
  db->stop();
  return done;
}

std::shared_ptr<AppFlags> add_action(CLI::App& group, Console& console, CLI::App*& command, const char* name,
                                     const char* description, Action action) {
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
  flags = add_action(*group, console, command, "show",
                     "The keys the server signs with, to be named by root and targets", show);
  command->add_option("app", flags->app, "Its id")->required();
  add_api_key(*group, console);
}

}  // namespace latchkey::app
