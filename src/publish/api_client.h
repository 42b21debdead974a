// The publisher's side of the release service's API (docs/configuration.md): sends objects and releases, asks what is
// there. Authorised by an API key (`lkp_...`).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "http/client.h"
#include "protocol/release/release_descriptor.h"
#include "publish/work_progress.h"

namespace latchkey::publish {

namespace release = protocol::release;
using ApiKey = Secret<struct PublisherApiKeyTag>;

struct ObjectFile {
  release::ObjectId id{};
  std::uint64_t length = 0;
};

using OpenObject = std::function<Result<std::shared_ptr<const http::BodySource>>(const release::ObjectId&)>;

struct UploadReport {
  std::size_t sent = 0;
  std::size_t present = 0;  // were there already
  std::uint64_t bytes = 0;  // sent
};

// Not thread-safe. Fails everywhere: the client's network errors; what the server says of a refusal, with its words as
// detail: invalid_token (the key is not, or no longer, known), insufficient_scope, not_found (no such app or channel),
// conflict, metadata_mismatch and its kin, signature_invalid, input_too_large, invalid_argument, busy; server_error,
// protocol_violation.
class ApiClient final {
 public:
  // `server`: "https://updates.example.com". `client` outlives this. Fails: invalid_argument (an app id that is none).
  static Result<ApiClient> create(std::string server, std::string app, ApiKey key, http::Client& client);

  // Sends those the server lacks. `open` gives an object's bytes, which are read while they are sent. An upload that
  // was cut off is repeated by the next call, and what had arrived is not sent again.
  Result<UploadReport> upload_objects(const std::vector<ObjectFile>& objects, const OpenObject& open,
                                      const WorkProgress& progress);

  // Whether devices are served that metadata file: "7.ch-stable.json".
  Result<bool> is_served(const std::string& metadata_name);

  // Root and targets metadata, and channels.json: what says who may release. `name` is the file's: "2.root.json". What
  // the server has is skipped, by looking at what devices are served.
  struct MetadataFile {
    std::string name;
    Bytes bytes;
  };
  // `channels_json` may be empty: it stays as it is.
  Result<std::size_t> send_metadata(const std::vector<MetadataFile>& files, ByteView channels_json);

  // Makes a release visible to devices. When this returns the server has committed it. `metadata`: the channel role's
  // file that names `descriptor`.
  Status publish(std::string_view channel, std::string_view descriptor, ByteView metadata);

  // The trees most devices of the channel have, most used first.
  Result<std::vector<release::TreeRoot>> list_bases(std::string_view channel);
  // The answer as the server gave it: JSON.
  Result<std::string> list_releases(std::string_view channel);
  Result<std::string> list_channels();
  // What of a rollout may be changed by hand: "rollout" (a share in basis points), "pause", "resume", "halt" (for
  // good).
  struct RolloutChange {
    std::string_view action;
    release::ReleaseId id;
    std::optional<std::uint32_t> bps;
    std::optional<std::string> reason;
    std::optional<bool> watch;  // of "resume"
  };
  Status change_rollout(std::string_view channel, const RolloutChange& change);

 private:
  ApiClient(std::string server, std::string_view app, ApiKey key, http::Client& client)
      : base_(server + "/v1/apps/" + std::string(app)),
        served_(server + "/updates/" + std::string(app) + "/metadata/"),
        key_(std::move(key)),
        client_(client) {}
  Result<http::Response> send(http::Method method, const std::string& path, WipedString body,
                              std::string_view content_type);
  Result<bool> has_object(const release::ObjectId& id);
  Status put_object(const release::ObjectId& id, std::shared_ptr<const http::BodySource> source);
  http::Request request_for(http::Method method, const std::string& path, std::string_view content_type) const;

  std::string base_;    // ".../v1/apps/{app}"
  std::string served_;  // ".../updates/{app}/metadata/"
  ApiKey key_;
  http::Client& client_;
};

}  // namespace latchkey::publish
