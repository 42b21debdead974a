#include "publish/api_client.h"

#include <set>

#include "base/base64url.h"
#include "base/hex.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"
#include "protocol/limits.h"
#include "protocol/release/names.h"

namespace latchkey::publish {
namespace {

namespace json = protocol::json;

constexpr std::string_view json_type = "application/json";

// What the server says about a refusal (RFC 9457), made safe to show: not if it repeats the key it was sent.
std::string words_of(const Result<json::Value>& problem, int status, const ApiKey& key) {
  const auto is_shown = [&key](std::string_view text) {
    return !text.empty() && release::check_line(text, protocol::limits::problem_detail_bytes) &&
           text.find(key.reveal_text()) == text.npos;
  };
  if (problem)
    for (const char* member : {"detail", "title"})
      if (const auto text = json::find_string(*problem, member); text && *text && is_shown(**text))
        return std::string(**text);
  return "status " + std::to_string(status);
}

Code code_of(int status) {
  switch (status) {
    case 401:
      return Code::invalid_token;
    case 403:
      return Code::insufficient_scope;
    case 404:
      return Code::not_found;
    case 409:
    case 412:
      return Code::conflict;
    case 413:
      return Code::input_too_large;
    case 429:
    case 503:
      return Code::busy;
    default:
      if (status >= 500) return Code::server_error;
      return status >= 400 ? Code::invalid_argument : Code::protocol_violation;
  }
}

// Our own servers name the code; a proxy before them does not.
Code code_of(const Result<json::Value>& problem, int status) {
  const auto name = problem ? json::find_string(*problem, "code") : std::nullopt;
  if (name && *name && status < 500)
    for (const Code code : {Code::metadata_mismatch, Code::metadata_rolled_back, Code::metadata_expired,
                            Code::signature_invalid, Code::already_exists, Code::future_version, Code::invalid_format})
      if (**name == name_of(code)) return code;
  return code_of(status);
}

Status check(const http::Response& response, const ApiKey& key) {
  if (response.status >= 200 && response.status < 300) return {};
  const auto problem = json::parse_object(response.body_text());
  return fail(code_of(problem, response.status), words_of(problem, response.status, key));
}

std::uint64_t total_of(const std::vector<ObjectFile>& objects) {
  std::uint64_t total = 0;
  for (const ObjectFile& object : objects) total += object.length;
  return total;
}

}  // namespace

Result<ApiClient> ApiClient::create(std::string server, std::string app, ApiKey key, http::Client& client) {
  if (!release::check_app_id(app)) return fail(Code::invalid_argument, "app id");
  while (server.ends_with('/')) server.pop_back();
  return ApiClient(std::move(server), app, std::move(key), client);
}

http::Request ApiClient::request_for(http::Method method, const std::string& path,
                                     std::string_view content_type) const {
  http::Request request;
  request.method = method;
  request.url = base_ + path;
  request.headers.add("Authorization", WipedString("Bearer ") + WipedString(key_.reveal_text()));
  if (!content_type.empty()) request.headers.add("Content-Type", content_type);
  return request;
}

Result<http::Response> ApiClient::send(http::Method method, const std::string& path, WipedString body,
                                       std::string_view content_type) {
  http::Request request = request_for(method, path, content_type);
  request.body = std::move(body);
  return client_.send(request);
}

Result<bool> ApiClient::is_served(const std::string& metadata_name) {
  http::Request request;
  request.url = served_ + metadata_name;
  TRY(const auto response, client_.send(request));
  if (response.status == 404) return false;
  TRY_DO(check(response, key_));
  return true;
}

Result<std::size_t> ApiClient::send_metadata(const std::vector<MetadataFile>& files, ByteView channels_json) {
  std::vector<const MetadataFile*> missing;
  std::set<std::string, std::less<>> known;  // roles of which the server has a version: it has the earlier ones, too
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    const std::string role = file->name.substr(file->name.find('.') + 1);
    if (known.contains(role)) continue;
    TRY(const bool is_there, is_served(file->name));
    if (is_there)
      known.insert(role);
    else
      missing.push_back(&*file);
  }
  if (missing.empty()) return 0;
  WipedString body;
  json::WipedWriter writer(body);
  const auto put = [&writer](std::string_view name, ByteView bytes) {
    writer.begin_object().member("name", name).member("content", to_base64url(bytes)).end_object();
  };
  writer.begin_object().key("files").begin_array();
  for (auto file = missing.rbegin(); file != missing.rend(); ++file) put((*file)->name, (*file)->bytes);
  if (!channels_json.empty()) put("channels.json", channels_json);
  writer.end_array().end_object();
  TRY(const auto response, send(http::Method::post, "/metadata", std::move(body), json_type));
  TRY_DO(check(response, key_));
  return missing.size();
}

Result<bool> ApiClient::has_object(const release::ObjectId& id) {
  TRY(const auto response, send(http::Method::head, "/objects/" + to_hex(id), {}, {}));
  if (response.status == 404) return false;
  TRY_DO(check(response, key_));
  return true;
}

Status ApiClient::put_object(const release::ObjectId& id, std::shared_ptr<const http::BodySource> source) {
  http::Request request = request_for(http::Method::put, "/objects/" + to_hex(id), "application/octet-stream");
  request.body_source = std::move(source);
  TRY(const auto response, client_.send(request));
  return check(response, key_);
}

Result<UploadReport> ApiClient::upload_objects(const std::vector<ObjectFile>& objects, const OpenObject& open,
                                               const WorkProgress& progress) {
  UploadReport report;
  const std::uint64_t total = total_of(objects);
  std::uint64_t done = 0;
  for (const ObjectFile& object : objects) {
    TRY(const bool is_there, has_object(object.id));
    if (is_there) {
      ++report.present;
    } else {
      TRY(auto source, open(object.id));
      report.bytes += source->size();
      TRY_DO(put_object(object.id, std::move(source)));
      ++report.sent;
    }
    tell(progress, "sending objects", done += object.length, total);
  }
  return report;
}

Status ApiClient::publish(std::string_view channel, std::string_view descriptor, ByteView metadata) {
  WipedString body;
  json::WipedWriter writer(body);
  writer.begin_object().member("descriptor", to_base64url(as_bytes(descriptor)));
  writer.member("metadata", to_base64url(metadata)).end_object();
  TRY(const auto response,
      send(http::Method::post, "/channels/" + std::string(channel) + "/releases", std::move(body), json_type));
  return check(response, key_);
}

Result<std::vector<release::TreeRoot>> ApiClient::list_bases(std::string_view channel) {
  TRY(const auto response, send(http::Method::get, "/channels/" + std::string(channel) + "/bases", {}, {}));
  TRY_DO(check(response, key_));
  TRY(const auto object, json::parse_object(response.body_text()));
  TRY(const json::Array* const bases, json::find_array(object, "bases"));
  std::vector<release::TreeRoot> roots;
  for (std::size_t i = 0; bases != nullptr && i < bases->size(); ++i) {
    TRY(const auto hex, json::get_string((*bases)[i], "root"));
    TRY(const auto root, parse_hex_array<32>(hex));
    roots.push_back(root);
  }
  return roots;
}

Result<std::string> ApiClient::list_releases(std::string_view channel) {
  TRY(const auto response, send(http::Method::get, "/channels/" + std::string(channel) + "/releases", {}, {}));
  TRY_DO(check(response, key_));
  return std::string(response.body_text());
}

Result<std::string> ApiClient::list_channels() {
  TRY(const auto response, send(http::Method::get, "/channels", {}, {}));
  TRY_DO(check(response, key_));
  return std::string(response.body_text());
}

Status ApiClient::change_rollout(std::string_view channel, const RolloutChange& change) {
  WipedString body;
  json::WipedWriter writer(body);
  writer.begin_object().member("release", print(change.id)).member("bps", change.bps);
  writer.member("reason", change.reason).member("watch", change.watch).end_object();
  const std::string path = "/channels/" + std::string(channel) + "/" + std::string(change.action);
  TRY(const auto response, send(http::Method::post, path, std::move(body), json_type));
  return check(response, key_);
}

}  // namespace latchkey::publish
