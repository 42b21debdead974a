#include "apps/latchkey/release_server.h"

#include "base/atomic_file.h"
#include "protocol/limits.h"

namespace latchkey::app {
namespace {

Result<publish::ApiKey> read_api_key(Console& console, const ServerFlags& flags) {
  if (flags.api_key_file.empty()) return console.read_secret<publish::ApiKey>("API key: ");
  TRY(const WipedBytes text, read_file(flags.api_key_file, protocol::limits::api_key_file_bytes));
  const std::string_view key = as_text(text);
  return publish::ApiKey::copy_of(key.substr(0, key.find_first_of("\r\n")));
}

}  // namespace

void add_server_flags(CLI::App& command, ServerFlags& flags) {
  command.add_option("--server", flags.server, "The release service: https://updates.example.com");
  command.add_option("--api-key-file", flags.api_key_file, "File with the API key (default: asked for)")
      ->type_name("FILE");
  command.add_option("--ca-file,--ca", flags.ca_file, "Certificates to trust instead of the system's, PEM")
      ->type_name("FILE");
}

Result<std::unique_ptr<ReleaseServer>> ReleaseServer::connect(Console& console, const ServerFlags& flags,
                                                              const std::string& app) {
  if (flags.server.empty()) return fail(Code::invalid_argument, "name the release service: --server URL");
  http::CurlOptions options;
  options.total_timeout = protocol::limits::object_transfer_time;
  if (!flags.ca_file.empty()) options.ca_file = flags.ca_file;
  TRY(auto client, http::CurlClient::create(options));
  TRY(publish::ApiKey key, read_api_key(console, flags));
  TRY(publish::ApiClient api, publish::ApiClient::create(flags.server, app, std::move(key), *client));
  return std::unique_ptr<ReleaseServer>(new ReleaseServer(std::move(client), std::move(api)));
}

}  // namespace latchkey::app
