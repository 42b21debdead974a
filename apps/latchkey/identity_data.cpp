#include "apps/latchkey/identity_data.h"

#include <cstdlib>
#include <thread>

#include "base/atomic_file.h"
#include "identity/schema.h"
#include "protocol/limits.h"
#include "protocol/uri.h"
#include "release/schema.h"
#include "sql/migrations.h"
#include "sql/postgres_database.h"
#include "sql/sqlite_database.h"

namespace latchkey::app {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return value == nullptr ? "" : value;
}

identity::Surroundings surroundings() {
  return {environment("HOME"), environment("XDG_STATE_HOME"), std::max(1u, std::thread::hardware_concurrency())};
}

Result<identity::ConfigValues> load_file(const std::string& path) {
  if (path.empty()) return identity::ConfigValues{};
  const auto text = read_file(path, protocol::limits::settings_file_bytes);
  if (!text) return fail(Code::configuration_invalid, "the file --config names cannot be read");
  return identity::parse_config_file(as_text(*text));
}

// The address with the password of the file in it.
Result<sql::ConnectionString> connection_string(const identity::Config& config) {
  if (!config.database_password_file) return sql::ConnectionString::copy_of(config.database);
  const auto file = read_file(*config.database_password_file, protocol::limits::secret_file_bytes);
  if (!file) return fail(file.error().code, "the file database_password_file names");
  std::string_view password = as_text(*file);
  password = password.substr(0, password.find_first_of("\r\n"));
  WipedString query("password=");
  query += protocol::uri::percent_encode(password);
  return sql::ConnectionString::copy_of(std::string_view(protocol::uri::with_query(config.database, query)));
}

Result<std::unique_ptr<sql::Database>> open_either(const identity::Config& config) {
  TRY_DO(create_private_folder(config.data));
  if (config.database.empty()) return sql::open_sqlite({.file = config.data / "latchkey.db"});
  TRY(auto connection, connection_string(config));
  return sql::open_postgres({.connection = std::move(connection)});
}

}  // namespace

namespace {

// Unset unless given: CLI11's own flag would write `false` and so win over the file.
void add_switch(CLI::App& command, const char* name, std::optional<bool>& value, const char* what) {
  command.add_flag_callback(name, [&value] { value = true; }, what);
}

}  // namespace

void add_data_flags(CLI::App& command, ConfigFlags& flags) {
  command.add_option("--config", flags.file, "TOML file (docs/configuration.md); flags win over it")->type_name("FILE");
  command.add_option("--data", flags.values.data, "Folder of database and keys (default: ~/.local/state/latchkey)")
      ->type_name("FOLDER");
  command
      .add_option("--database", flags.values.database, "postgresql://user@host/name instead of the embedded database")
      ->type_name("URL");
  command
      .add_option("--database-password-file", flags.values.database_password_file,
                  "File whose first line is the password of the database")
      ->type_name("FILE");
}

void add_server_flags(CLI::App& command, ConfigFlags& flags) {
  auto& values = flags.values;
  command.add_option("--listen", values.listen, "Address and port (default: 127.0.0.1:8080)")
      ->type_name("ADDRESS:PORT");
  command
      .add_option("--issuer", values.issuer, "The address browsers and apps use, for example https://id.example.com")
      ->type_name("URL");
  command.add_option("--tls-cert", values.tls_certificate, "Certificate chain, PEM, leaf first")->type_name("FILE");
  command.add_option("--tls-key", values.tls_key, "Its private key, PEM")->type_name("FILE");
  add_switch(command, "--tls-1-2", values.tls_1_2, "Also accept TLS 1.2 (default: 1.3 only)");
  add_switch(command, "--behind-proxy", values.behind_proxy,
             "A proxy in front speaks TLS; then plain http is offered on any address");
  command
      .add_option("--trusted-proxy", values.trusted_proxies,
                  "Proxy whose X-Forwarded-For is believed: address or block (default: loopback)")
      ->type_name("ADDRESS");
  command.add_option("--threads", values.threads, "Event loops, 1 to 256 (default: one per processor)");
  command
      .add_option("--refresh-grace", values.refresh_grace,
                  "How long a lost refresh answer may be asked for again (default: 120s)")
      ->type_name("TIME");
  add_switch(command, "--require-dpop-nonce", values.require_dpop_nonce,
             "Proofs of a device key (DPoP, RFC 9449) must carry a nonce of this server");
  command.add_flag_callback("--no-identity", [&values] { values.identity = false; }, "Serve no sign-in");
  command.add_flag_callback("--no-updates", [&values] { values.updates = false; }, "Serve no apps' releases");
}

Result<identity::Config> load_config(const ConfigFlags& flags) {
  TRY(const auto file, load_file(flags.file));
  return identity::resolve_config(flags.values, file, surroundings());
}

Result<identity::Config> load_config_for_links(ConfigFlags flags) {
  if (flags.values.issuer && flags.values.issuer->starts_with("https://")) flags.values.behind_proxy = true;
  return load_config(flags);
}

Result<std::unique_ptr<sql::Database>> connect_database(const identity::Config& config) { return open_either(config); }

Result<std::unique_ptr<sql::Database>> open_database(const identity::Config& config) {
  TRY(auto db, connect_database(config));
  TRY_DO(sql::migrate(*db, identity::schema()));
  TRY_DO(latchkey::release::migrate(*db));
  return db;
}

Result<identity::KeyEncryption> open_key_encryption(const identity::Config& config, sql::Database& db) {
  const std::filesystem::path credentials = environment("CREDENTIALS_DIRECTORY");
  const bool is_there = std::filesystem::exists(config.data / "kek") ||
                        (!credentials.empty() && std::filesystem::exists(credentials / "latchkey.kek"));
  if (!is_there) {
    auto work = [](sql::Transaction& tx) {
      return tx.query(
          "SELECT 1 FROM refresh_keys UNION SELECT 1 FROM sign_in_secrets UNION SELECT 1 FROM release_online_keys");
    };
    TRY(const sql::Rows sealed, db.read(work).get());
    if (!sealed.is_empty())
      return fail(Code::not_found,
                  "the key-encryption key of this database: put kek into the data folder, or give the systemd "
                  "credential latchkey.kek");
  }
  return identity::KeyEncryption::open(config.data, credentials);
}

}  // namespace latchkey::app
