// latchkey client add | remove | list: the OAuth clients in a server's database. A running server sees a change within
// seconds.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/identity_data.h"
#include "identity/clients/client_store.h"
#include "protocol/json_writer.h"

namespace latchkey::app {

namespace {

using namespace identity;

struct ClientFlags {
  ConfigFlags config;
  std::string id, name, backchannel_logout;
  std::vector<std::string> redirects, logout_redirects, scopes, grants, resources;
  bool is_confidential = false, is_dpop_bound = false, may_introspect = false, is_third_party = false;
};

using ClientAction = Status (*)(Console&, const ClientFlags&, ClientStore&);

// "openid profile" and repeated flags alike.
std::vector<std::string> split_words(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) words.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
  return words;
}

Result<std::uint8_t> parse_grants(const ClientFlags& flags) {
  if (flags.grants.empty())
    return static_cast<std::uint8_t>(static_cast<int>(GrantType::authorization_code) |
                                     static_cast<int>(GrantType::refresh_token));
  int bits = 0;
  for (const std::string& name : split_words(flags.grants)) {
    if (name == "authorization_code")
      bits |= static_cast<int>(GrantType::authorization_code);
    else if (name == "refresh_token")
      bits |= static_cast<int>(GrantType::refresh_token);
    else if (name == "client_credentials")
      bits |= static_cast<int>(GrantType::client_credentials);
    else
      return fail(Code::invalid_argument, "--grant is authorization_code, refresh_token or client_credentials");
  }
  return static_cast<std::uint8_t>(bits);
}

Result<Client> make_client(const ClientFlags& flags) {
  Client client;
  client.id = ClientId(flags.id);
  client.name = flags.name.empty() ? flags.id : flags.name;
  client.kind = flags.is_confidential ? ClientKind::confidential : ClientKind::public_client;
  client.redirect_uris = flags.redirects;
  client.post_logout_redirect_uris = flags.logout_redirects;
  TRY(client.grants, parse_grants(flags));
  client.scopes =
      flags.scopes.empty() ? std::vector<std::string>{"openid", "offline_access"} : split_words(flags.scopes);
  client.resources = flags.resources;
  client.backchannel_logout_uri = flags.backchannel_logout;
  client.requires_dpop = flags.is_dpop_bound;
  client.may_introspect = flags.may_introspect;
  client.is_first_party = !flags.is_third_party;
  return client;
}

Status add(Console& console, const ClientFlags& flags, ClientStore& store) {
  TRY(Client wanted, make_client(flags));
  TRY(const NewClient added, store.add(std::move(wanted), SystemClock().now()));
  WipedString human("added ");
  human += added.client.id.value();
  WipedString json;
  protocol::json::WipedWriter writer(json);
  writer.begin_object().member("client_id", added.client.id.value());
  if (!added.secret.is_empty()) {
    human.append("\n  secret (shown only now)  ").append(added.secret.reveal_text());
    writer.member("client_secret", added.secret.reveal_text());
  }
  writer.end_object();
  console.result(human, json);
  return {};
}

Status remove(Console& console, const ClientFlags& flags, ClientStore& store) {
  TRY_DO(store.set_enabled(ClientId(flags.id), false, SystemClock().now()));
  console.result("removed " + flags.id, "{\"client_id\":" + json_quoted(flags.id) + "}");
  return {};
}

std::string join_quoted(const std::vector<std::string>& texts) {
  std::string joined = "[";
  for (const std::string& text : texts) joined += (joined.size() > 1 ? "," : "") + json_quoted(text);
  return joined + "]";
}

Status list(Console& console, const ClientFlags&, ClientStore& store) {
  for (const auto& client : store.list()) {
    if (!client->is_enabled) continue;
    const std::string_view kind = client->kind == ClientKind::confidential ? "confidential" : "public";
    console.result(client->id.value() + "  " + std::string(kind) + "  " + client->name,
                   "{\"client_id\":" + json_quoted(client->id.value()) + ",\"name\":" + json_quoted(client->name) +
                       ",\"kind\":" + json_quoted(kind) + ",\"redirect_uris\":" + join_quoted(client->redirect_uris) +
                       ",\"scopes\":" + join_quoted(client->scopes) + "}");
  }
  return {};
}

Status run(Console& console, const ClientFlags& flags, ClientAction action) {
  TRY(const Config config, load_config(flags.config));
  TRY(const auto db, open_database(config));
  TRY(const auto store, ClientStore::open(*db, SystemClock().now()));
  const Status done = action(console, flags, *store);
  db->stop();
  return done;
}

void add_registration_flags(CLI::App& command, ClientFlags& flags) {
  command.add_option("--name", flags.name, "Shown to people on the sign-in page (default: the id)");
  command
      .add_option("--redirect", flags.redirects,
                  "Where sign-in leads back to: compared exactly; on 127.0.0.1 and [::1] with any port")
      ->type_name("URI");
  command.add_option("--post-logout-redirect", flags.logout_redirects, "Where signing out may lead, exact")
      ->type_name("URI");
  command
      .add_option("--backchannel-logout", flags.backchannel_logout,
                  "Where its backend is told that a session ended (OpenID Connect Back-Channel Logout)")
      ->type_name("URL");
  command.add_option("--scope", flags.scopes, "What it may ask for (default: openid offline_access)");
  command.add_option("--grant", flags.grants,
                     "How it gets tokens: authorization_code, refresh_token (default: these two), client_credentials");
  command.add_option("--resource", flags.resources, "API it may ask tokens for (RFC 8707)")->type_name("URI");
  command.add_flag("--confidential", flags.is_confidential,
                   "It runs on a server and can keep a secret; prints one, once");
  command.add_flag("--dpop-bound", flags.is_dpop_bound,
                   "Its tokens are always bound to a key of the device (DPoP, RFC 9449)");
  command.add_flag("--introspect", flags.may_introspect,
                   "It is an API that may ask whether a token is good (introspection, RFC 7662)");
  command.add_flag("--third-party", flags.is_third_party, "It is not your own: people are asked whether they agree");
}

}  // namespace

void add_client(CLI::App& app, Console& console) {
  CLI::App* client =
      app.add_subcommand("client", "Manage the apps that may use the identity server, also while it runs");
  client->require_subcommand(1);
  client->footer(
      "An app in a browser or on a device, an API that checks tokens, a service without users:\n"
      "  latchkey client add shop --redirect https://shop.example.com/callback\n"
      "  latchkey client add api --confidential --introspect --grant client_credentials\n"
      "  latchkey client add jobs --confidential --grant client_credentials --scope read");
  const auto add_action = [&](const char* name, const char* description, ClientAction action) {
    auto flags = std::make_shared<ClientFlags>();
    CLI::App* command = client->add_subcommand(name, description);
    add_data_flags(*command, flags->config);
    if (action != list) command->add_option("client-id", flags->id, "The client_id the app sends")->required();
    if (action == add) add_registration_flags(*command, *flags);
    command->callback([&console, flags, action] { console.finish(run(console, *flags, action)); });
  };
  add_action("add", "Register an app", add);
  add_action("remove", "Refuse an app from now on", remove);
  add_action("list", "All registered apps", list);
}

}  // namespace latchkey::app
