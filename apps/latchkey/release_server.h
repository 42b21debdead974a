// The connection to a release service that publishers' commands share: its flags, the API key, the client.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "apps/latchkey/console.h"
#include "http/client/curl_client.h"
#include "publish/api_client.h"

namespace latchkey::app {

struct ServerFlags {
  std::string server;
  std::string api_key_file;
  std::string ca_file;
};

// --server, --api-key-file, --ca-file.
void add_server_flags(CLI::App& command, ServerFlags& flags);

class ReleaseServer final {
 public:
  // Nothing is sent yet. Fails: invalid_argument (no --server, an app id that is none), not_found (a file), as reading
  // a secret does.
  static Result<std::unique_ptr<ReleaseServer>> connect(Console& console, const ServerFlags& flags,
                                                        const std::string& app);

  publish::ApiClient& api() { return api_; }

 private:
  ReleaseServer(std::unique_ptr<http::CurlClient> client, publish::ApiClient api)
      : client_(std::move(client)), api_(std::move(api)) {}
  std::unique_ptr<http::CurlClient> client_;
  publish::ApiClient api_;
};

}  // namespace latchkey::app
