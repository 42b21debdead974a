// The device's side of the release service on a temporary SQLite file, with one app published: for measuring an update
// check without news. Prints its origin, serves until SIGTERM.
//   build/release/bin/release_bench_server FOLDER PORT &
//   wrk -t1 -c16 -d5s http://127.0.0.1:PORT/updates/com.example.shop/metadata/timestamp.json     (and 2.root.json)
// Links: release http_server sql
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "http/server/server.h"
#include "protocol/release/channels.h"
#include "release/blobs/folder_blob_store.h"
#include "release/server.h"
#include "sql/sqlite_database.h"

namespace {

using namespace latchkey;
using namespace latchkey::release;

constexpr std::string_view app = "com.example.shop";

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << to_string(result.error()) << "\n";
  std::exit(1);
}

// The folder is thrown away, and its keys with it.
class NoSeal final : public KeySeal {
 public:
  Result<Bytes> seal(std::string_view, ByteView secret) const override { return Bytes(secret.begin(), secret.end()); }
  Result<WipedBytes> unseal(std::string_view, ByteView sealed) const override {
    return WipedBytes(sealed.begin(), sealed.end());
  }
};

template <class Role>
Bytes sign(const Role& role, const crypto::SigningKey& key) {
  auto envelope = must(tuf::Envelope::of(tuf::print(role)));
  if (!envelope.sign(key)) std::exit(1);
  const std::string text = envelope.print();
  return {text.begin(), text.end()};
}

tuf::RoleKeys add_key(tuf::KeyMap& keys, const crypto::SigningKey& key) {
  const auto shown = must(tuf::TufKey::of(key.verifying_key()));
  keys.emplace(shown.id(), shown);
  return {{shown.id()}, 1};
}

std::vector<UploadedFile> first_metadata(const OnlineKeys& online, Instant now) {
  const auto key = must(crypto::SigningKey::generate(crypto::SignatureAlgorithm::ed25519));
  tuf::Root root;
  root.expires = now + std::chrono::days(30);
  root.roles = {{"root", add_key(root.keys, key)},
                {"targets", add_key(root.keys, key)},
                {"snapshot", add_key(root.keys, online.snapshot)},
                {"timestamp", add_key(root.keys, online.timestamp)}};
  tuf::Targets targets;
  targets.expires = root.expires;
  const std::string channels = protocol::release::print_channels(
      {.app = std::string(app), .default_channel = "stable", .channels = {{.name = "stable"}}});
  targets.files.emplace("channels.json", tuf::describe_target(as_bytes(channels)));
  targets.delegated_roles.push_back(
      {.name = "ch-stable", .keys = add_key(targets.delegated_keys, key), .paths = {"stable/*"}});
  return {{"1.root.json", sign(root, key)},
          {"1.targets.json", sign(targets, key)},
          {"channels.json", Bytes(channels.begin(), channels.end())}};
}

void publish(sql::Database& db, const Signing& signing, Instant now) {
  auto work = [&](sql::Transaction& tx) -> Status {
    TRY(const auto made, create_app(tx, signing, {std::string(app), "Shop", now}));
    TRY(const auto online, load_online_keys(tx, app, signing.seal));
    return publish_metadata(tx, signing, app, first_metadata(online, now), now);
  };
  if (const auto done = db.write(work).get(); !done) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const std::filesystem::path folder = argv[1];
  const SystemClock clock;
  const NoSeal seal;
  const auto db = must(sql::open_sqlite({.file = folder / "release.db"}));
  const auto blobs = must(FolderBlobStore::open(folder / "objects"));
  const auto releases = must(release::Server::open(*db, *blobs, seal, clock));
  publish(*db, {seal, {}, {}}, std::chrono::floor<std::chrono::seconds>(clock.now()));
  if (!releases->follow_changes()) return 1;
  http::Router router;
  releases->add_routes(router);
  http::ServerOptions options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  options.limits.requests_per_connection = 1'000'000'000;
  const auto server = http::Server::start(router, std::move(options));
  if (!server) return 1;
  std::cout << (*server)->origin() << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
  return 0;
}
