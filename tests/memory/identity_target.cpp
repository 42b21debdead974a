// The program that sign_in_memory_test looks into on the server's side: a whole identity server on a port of its own.
// identity_target FOLDER tls|plain DATABASE [anonymous]: reads FOLDER/{certificate,key}.pem, writes FOLDER/link
// (masked): its port, a space, and the first admin's invite link. DATABASE: "sqlite", or a connection to PostgreSQL.
#include "base/locked_pages.h"
#include "base/registers.h"
#include "http/server/server.h"
#include "identity/server.h"
#include "sql/postgres_database.h"
#include "sql/sqlite_database.h"
#include "tests/memory/target_steps.h"

namespace {

using namespace latchkey;
using namespace latchkey::memory_test;
namespace fs = std::filesystem;

constexpr std::size_t max_pem = 64 * 1024;

http::ServerOptions options_for(const fs::path& folder, bool is_tls) {
  http::ServerOptions options;
  if (!is_tls) return options;
  const auto certificate = must(read_file(folder / "certificate.pem", max_pem));
  const auto key = must(read_file(folder / "key.pem", max_pem));
  options.tls.emplace(http::TlsOptions{std::string(as_text(certificate)), WipedString(as_text(key))});
  return options;
}

std::unique_ptr<sql::Database> open_database(const fs::path& folder, std::string_view name) {
  if (name == "sqlite") return must(sql::open_sqlite({.file = folder / "latchkey.db"}));
  return must(sql::open_postgres({.connection = sql::ConnectionString::copy_of(name), .connections = 2}));
}

identity::Client app() {
  identity::Client added;
  added.id = identity::ClientId("app");
  added.name = "The app";
  added.redirect_uris = {std::string(callback)};
  added.grants = static_cast<std::uint8_t>(identity::GrantType::authorization_code) |
                 static_cast<std::uint8_t>(identity::GrantType::refresh_token);
  added.scopes = {"openid", "offline_access"};
  added.is_first_party = true;
  return added;
}

void tell_link(const fs::path& file, std::uint16_t port, std::string_view link) {
  WipedString text(std::to_string(port));
  text.append(" ").append(link);
  Bytes masked(text.size());
  copy_masked(as_bytes(std::string_view(text)), masked);
  wipe_vector_registers();  // the first call of a function in a library puts them on the stack
  must(write_file_atomically(file, masked));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  if (argc > 4) locked_pages::set_backing(locked_pages::Backing::anonymous);
  const fs::path folder = argv[1];
  const SystemClock clock;
  const auto db = open_database(folder, argv[3]);
  auto encryption = must(identity::KeyEncryption::from(
      identity::KeyEncryptionSecret::copy_of(std::string_view("0123456789abcdef0123456789abcdef"))));
  identity::ServerSettings settings;
  settings.oauth.issuer = settings.sign_in.issuer = std::string(server_issuer);
  settings.hasher = {.threads = 1, .max_waiting = 8, .cost = crypto::argon2_min_cost};
  const auto server = must(identity::Server::open(*db, std::move(encryption), clock, std::move(settings)));
  must(server->clients().add(app(), clock.now()));
  const auto http =
      must(http::Server::start(server->router(), options_for(folder, argv[2] == std::string_view("tls"))));
  {
    const auto link = must(server->invite_first_admin());
    tell_link(folder / "link", http->port(), *link);
  }
  reached(Step::serving);
  http->stop();
  reached(Step::stopped);
  return 0;
}
