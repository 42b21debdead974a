#include "base/atomic_file.h"
#include "http/client/curl_client.h"
#include "protocol/limits.h"
#include "protocol/release/tuf/trusted_metadata.h"
#include "tests/tuf/lab.h"

namespace latchkey::lab {
namespace {

namespace tuf = protocol::tuf;
namespace limits = protocol::limits;

class Server final {
 public:
  explicit Server(std::string base) : base_(std::move(base)) {}

  // Nothing: the server says that there is none.
  Result<std::optional<Bytes>> find(const std::string& path, std::size_t max_bytes) const {
    http::CurlOptions options;
    options.max_response_body_bytes = std::max<std::size_t>(max_bytes, 1);
    TRY(const auto client, http::CurlClient::create(options));
    http::Request request;
    request.url = base_ + path;
    TRY(const http::Response response, client->send(request));
    if (response.status == 404 || response.status == 403) return std::nullopt;
    if (response.status != 200) return fail(Code::server_error, path);
    const ByteView body = as_bytes(response.body_text());
    return std::optional(Bytes(body.begin(), body.end()));
  }
  Result<Bytes> get(const std::string& path, std::size_t max_bytes) const {
    TRY(auto body, find(path, max_bytes));
    if (!body) return fail(Code::not_found, path);
    return std::move(*body);
  }

 private:
  std::string base_;
};

Result<std::vector<tuf::KeptFile>> read_state(const std::filesystem::path& state) {
  std::vector<tuf::KeptFile> kept;
  for (const auto& entry : std::filesystem::directory_iterator(state)) {
    TRY(const WipedBytes bytes, read_file(entry.path(), limits::tuf_root_bytes));
    kept.push_back({entry.path().filename().string(), Bytes(bytes.begin(), bytes.end())});
  }
  return kept;
}

Result<std::string> walk(tuf::TrustedMetadata& trusted, const Server& server, std::string_view path) {
  for (int i = 0; i < limits::tuf_root_rotations; ++i) {
    TRY(const auto next, server.find("/metadata/" + trusted.next_root_name(), limits::tuf_root_bytes));
    if (!next) break;
    TRY_DO(trusted.update_root(*next));
  }
  TRY_DO(trusted.finish_roots());
  TRY(const Bytes timestamp, server.get("/metadata/timestamp.json", limits::tuf_timestamp_bytes));
  TRY_DO(trusted.update_timestamp(timestamp));
  if (const auto wanted = trusted.wanted_snapshot()) {
    TRY(const Bytes snapshot, server.get("/metadata/" + wanted->name, wanted->max_bytes));
    TRY_DO(trusted.update_snapshot(snapshot));
  }
  for (;;) {
    TRY(const auto step, trusted.look_up(path));
    if (const auto* target = std::get_if<tuf::FoundTarget>(&step)) {
      TRY(const Bytes contents, server.get("/targets/" + target->name, static_cast<std::size_t>(target->file.length)));
      if (tuf::describe_target(contents) != target->file) return fail(Code::authentication_failed, "target");
      return std::string(as_text(contents));
    }
    const auto& wanted = std::get<tuf::WantedFile>(step);
    TRY(const Bytes file, server.get("/metadata/" + wanted.name, wanted.max_bytes));
    TRY_DO(trusted.update_targets(wanted.role, file));
  }
}

}  // namespace

Result<std::string> check(const std::string& base, const std::filesystem::path& state, std::string_view target,
                          Instant now) {
  TRY(const auto kept, read_state(state));
  TRY(const WipedBytes root, read_file(state / "root.json", limits::tuf_root_bytes));
  TRY(auto trusted, tuf::TrustedMetadata::open(root, now));
  trusted.restore(kept);
  auto answer = walk(trusted, Server(base), target);
  for (const tuf::KeptFile& file : trusted.kept()) TRY_DO(write_file_atomically(state / file.name, file.bytes));
  return answer;
}

}  // namespace latchkey::lab
