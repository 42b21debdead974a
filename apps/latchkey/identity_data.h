// The configuration and database of an identity server, for the commands that work on them: serve, user, client,
// doctor.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "apps/latchkey/console.h"
#include "identity/config/config.h"
#include "identity/tokens/key_encryption.h"
#include "sql/database.h"

namespace latchkey::app {

// What the flags said. Lives as long as the CLI::App.
struct ConfigFlags {
  identity::ConfigValues values;
  std::string file;
};

// --config, --data, --database, --database-password-file: every command that opens the database takes them.
void add_data_flags(CLI::App& command, ConfigFlags& flags);
// The others of docs/configuration.md.
void add_server_flags(CLI::App& command, ConfigFlags& flags);

// Flags, file and defaults together. Fails: configuration_invalid, not_found (the file).
Result<identity::Config> load_config(const ConfigFlags& flags);
// For commands that only print links: --issuer may say https although nothing here speaks TLS.
Result<identity::Config> load_config_for_links(ConfigFlags flags);

// Makes the data folder if needed, opens the database and brings its schema up to date. A running server may have it
// open, too.
Result<std::unique_ptr<sql::Database>> open_database(const identity::Config& config);
// The same, but leaves the schema as it is.
Result<std::unique_ptr<sql::Database>> connect_database(const identity::Config& config);

// The key that seals the others: the systemd credential, or `kek` in the data folder, made on the first start. Fails:
// not_found when the database was sealed with one that is not here: another is never made in its place.
Result<identity::KeyEncryption> open_key_encryption(const identity::Config& config, sql::Database& db);

}  // namespace latchkey::app
