// The OAuth endpoints alone on a temporary SQLite file, with sessions ready to be refreshed: for measuring one endpoint
// without sign-ins. Writes lua scripts for wrk into FOLDER, prints its address, serves until SIGTERM.
//
//   build/release/bin/oauth_bench_server FOLDER 8080 [DPOP PROOFS] &
//   wrk -t1 -c16 -d5s -s FOLDER/refresh.lua http://127.0.0.1:8080     (jwks, introspect, credentials, refresh, dpop)
// Links: identity http_server sql
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "crypto/random.h"
#include "http/server/server.h"
#include "identity/accounts/account_store.h"
#include "identity/endpoints/oauth_service.h"
#include "identity/schema.h"
#include "identity/signals/status_index.h"
#include "identity/tokens/family_store.h"
#include "protocol/oauth/dpop.h"
#include "sql/migrations.h"
#include "sql/sqlite_database.h"

namespace {

using namespace latchkey;
using namespace latchkey::identity;

constexpr int sessions = 512;
constexpr int usual_proofs = 40'000;

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << to_string(result.error()) << "\n";
  std::exit(1);
}

struct World {
  std::filesystem::path folder;
  SystemClock clock;
  std::unique_ptr<sql::Database> db;
  KeyEncryption encryption = must(KeyEncryption::from(crypto::random_secret<KeyEncryptionSecretTag>(32)));
  std::unique_ptr<ClientStore> clients;
  std::unique_ptr<SigningKeys> keys;
  std::shared_ptr<OAuthService> service;
  UserId user;
};

std::string add_client(World& world, const char* id, ClientKind kind, std::uint8_t grants) {
  Client client;
  client.id = ClientId(id);
  client.kind = kind;
  client.grants = grants;
  client.redirect_uris = {"http://127.0.0.1/callback"};
  client.scopes = {"read"};
  client.may_introspect = kind == ClientKind::confidential;
  return std::string(must(world.clients->add(client, world.clock.now())).secret.reveal_text());
}

WipedString add_session(World& world, sql::Transaction& tx, const std::string& thumbprint) {
  Family family;
  family.id = crypto::random_array<16>();
  family.salt = crypto::random_array<16>();
  family.session = SessionId("sid");
  family.user = world.user;
  family.client = ClientId("app");
  family.key_thumbprint = thumbprint;
  family.scope = "openid offline_access";  // as the sessions of ./dev bench: an ID token with every refresh
  family.created_at = family.rotated_at = family.issued_at = family.authenticated_at = world.clock.now();
  family.idle_expires_at = family.created_at + std::chrono::days(30);
  family.absolute_expires_at = family.created_at + std::chrono::days(180);
  const auto status_index = take_status_index(tx, family.absolute_expires_at);
  if (!status_index) std::exit(1);
  family.status_index = *status_index;
  if (!insert_family(tx, family)) std::exit(1);
  return world.service->issuer.refresh_keys().issue(family, {0, 0});
}

std::vector<WipedString> add_sessions(World& world, const std::string& thumbprint) {
  std::vector<WipedString> tokens;
  auto work = [&](sql::Transaction& tx) -> Status {
    for (int i = 0; i < sessions; ++i) tokens.push_back(add_session(world, tx, thumbprint));
    return {};
  };
  if (!world.db->write(work).get()) std::exit(1);
  return tokens;
}

constexpr const char* form = "wrk.method='POST' wrk.headers['Content-Type']='application/x-www-form-urlencoded'\n";

void write_script(const World& world, const char* name, const std::string& text) {
  std::ofstream(world.folder / name) << text;
}

void write_refresh(const World& world, const std::vector<WipedString>& tokens) {
  std::string text =
      form + std::string("local q, first, last = {}, 1, 0\nlocal function put(t) last=last+1 q[last]=t end\n");
  for (const auto& token : tokens) text += "put('" + std::string(token) + "')\n";
  text +=
      "function request() local t=q[first] q[first]=nil first=first+1\n"
      "return wrk.format(nil,'/token',nil,'grant_type=refresh_token&client_id=app&refresh_token='..(t or 'none')) end\n"
      "function response(s,h,b) local t=b:match('\"refresh_token\":\"([^\"]+)\"') if t then put(t) end end\n";
  write_script(world, "refresh.lua", text);
}

void write_dpop(const World& world, const std::vector<WipedString>& tokens, const crypto::SigningKey& key, int proofs) {
  const protocol::oauth::DpopProver prover(key);
  const std::string url = world.service->token_url;
  {
    std::ofstream file(world.folder / "proofs.txt");
    for (int i = 0; i < proofs; ++i) {
      const auto now = world.clock.now() + std::chrono::seconds(25);  // the clock skew allowed buys time
      file << must(prover.prove({"POST", url, {}, {}}, crypto::random_array<16>(), now)) << "\n";
    }
  }
  write_script(world, "dpop.lua",
               form + std::string("local p={} for l in io.lines('") + (world.folder / "proofs.txt").string() +
                   "') do p[#p+1]=l end\nlocal n=0\nfunction request() n=n+1 if n>=#p then wrk.thread:stop() end\n"
                   "return wrk.format(nil,'/token',{['Content-Type']='application/x-www-form-urlencoded',DPoP=p[n]},"
                   "'grant_type=refresh_token&client_id=app&refresh_token=" +
                   std::string(tokens.front()) + "') end\n");
}

void prepare(World& world, const std::string& issuer, int proofs) {
  world.db = must(sql::open_sqlite({.file = world.folder / "bench.db"}));
  if (!sql::migrate(*world.db, schema())) std::exit(1);
  auto work = [&](sql::Transaction& tx) { return create_account(tx, "alice", Role::user, world.clock.now()); };
  world.user = must(world.db->write(work).get()).id;
  world.clients = must(ClientStore::open(*world.db, world.clock.now()));
  world.keys = must(SigningKeys::open(*world.db, world.encryption, {}, world.clock.now()));
  OAuthSettings settings;
  settings.issuer = issuer;
  world.service = must(
      make_oauth_service({*world.db, world.clock, *world.clients, *world.keys, world.encryption}, std::move(settings)));

  add_client(world, "app", ClientKind::public_client, 1 | 2);
  const auto secret = add_client(world, "service", ClientKind::confidential, 4);
  const std::string credentials = "client_id=service&client_secret=" + secret;
  const auto bearer = add_sessions(world, "");
  const auto key = must(crypto::SigningKey::generate(crypto::SignatureAlgorithm::es256));
  const auto bound = add_sessions(world, protocol::oauth::DpopProver(key).thumbprint());
  const auto id = parse_refresh_token(bearer.back())->family;  // a user's token, so that its family is read each time
  const auto family = *must(world.db->read([&](sql::Transaction& tx) { return find_family(tx, id); }).get());
  const auto mine = must(world.service->issuer.issue({family, {0, 0}, "read", {}, {}}, world.clock.now()));
  write_script(world, "jwks.lua", "wrk.path='/jwks'\n");
  write_script(world, "credentials.lua",
               form + std::string("wrk.path='/token' wrk.body='grant_type=client_credentials&") + credentials + "'\n");
  write_script(world, "introspect.lua",
               form + std::string("wrk.path='/introspect' wrk.body='") + credentials +
                   "&token=" + std::string(mine.access_token.reveal_text()) + "'\n");
  write_refresh(world, bearer);
  write_dpop(world, bound, key, proofs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  World world;
  world.folder = argv[1];
  prepare(world, std::string("http://127.0.0.1:") + argv[2], argc == 4 ? std::atoi(argv[3]) : usual_proofs);
  http::Router router;
  add_oauth_endpoints(router, world.service);
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  options.limits.requests_per_connection = 1'000'000'000;
  const auto server = http::Server::start(router, std::move(options));
  if (!server) return 1;
  std::cout << (*server)->origin() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
}
