// Where a release's files are read from, to be checked from outside as a device sees them: a folder, or a web server.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "http/client.h"

namespace latchkey::publish {

// Not thread-safe.
class ReleaseSource {
 public:
  virtual ~ReleaseSource() = default;
  // The file at `name` below the base ("metadata/timestamp.json"), of at most `max_bytes`; nothing when there is none.
  // Fails: input_too_large, permission_denied, storage_failed; network_unreachable and its kin, server_error,
  // protocol_violation (a redirect).
  virtual Result<std::optional<Bytes>> fetch(const std::string& name, std::uint64_t max_bytes) = 0;
};

std::unique_ptr<ReleaseSource> open_folder_source(std::filesystem::path folder);
// `client` outlives it; its limit of a response body bounds objects, too.
std::unique_ptr<ReleaseSource> open_web_source(std::string base_url, http::Client& client);

}  // namespace latchkey::publish
