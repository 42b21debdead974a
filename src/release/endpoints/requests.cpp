#include "release/endpoints/requests.h"

#include "base/base64url.h"
#include "protocol/limits.h"
#include "protocol/release/strict_json.h"

namespace latchkey::release {
namespace {

namespace json = protocol::json;
namespace limits = protocol::limits;

Result<json::Value> parse_body(std::string_view body, std::size_t max_bytes,
                               std::initializer_list<std::string_view> known) {
  TRY(auto object, json::parse_object(body, {max_bytes, limits::publish_depth, limits::publish_members}));
  TRY_DO(protocol::release::check_members(object, known));
  return std::move(object);
}

Result<Bytes> get_bytes(const json::Value& object, std::string_view name) {
  TRY(const auto text, json::get_string(object, name));
  auto bytes = parse_base64url(text);
  if (!bytes) return fail(Code::invalid_format, name);
  return bytes;
}

}  // namespace

Result<App> parse_app_request(std::string_view body) {
  TRY(const auto object, parse_body(body, limits::catalog_body, {"id", "name"}));
  App app;
  TRY(app.id, json::get_string(object, "id"));
  TRY(const auto name, json::find_string(object, "name"));
  app.name = name.value_or(app.id);
  return app;
}

Result<ApiKeyRequest> parse_api_key_request(std::string_view body) {
  TRY(const auto object, parse_body(body, limits::catalog_body, {"name", "scopes"}));
  ApiKeyRequest request;
  TRY(request.name, json::get_string(object, "name"));
  TRY(const auto words, json::find_strings(object, "scopes"));
  TRY(request.scopes, parse_scopes(words));
  return request;
}

Result<RolloutChange> parse_rollout_request(std::string_view body, RolloutAction action) {
  TRY(const auto object, parse_body(body, limits::catalog_body, {"release", "bps", "reason", "watch"}));
  RolloutChange change{};
  TRY(const auto id, protocol::release::get_hex<16>(object, "release"));
  change.release = ReleaseId(id);
  TRY(const auto reason, json::find_string(object, "reason"));
  if (reason) change.reason = std::string(*reason);
  const bool is_rollout = action == RolloutAction::rollout;
  if (is_rollout != (object.find("bps") != nullptr)) return fail(Code::invalid_format, "bps");
  if (is_rollout) {
    TRY(const auto bps, protocol::release::get_number(object, "bps", 0, protocol::release::everybody));
    change.bps = static_cast<std::uint32_t>(bps);
  }
  const bool is_resume = action == RolloutAction::resume;
  if (action == RolloutAction::pause || is_resume) change.paused = !is_resume;
  if (is_resume && !change.reason) change.reason = "";
  if (!is_resume && object.find("watch") != nullptr) return fail(Code::invalid_format, "watch");
  if (is_resume) {
    TRY(const auto watch, json::find_bool(object, "watch"));
    change.watched = watch.value_or(true);
  }
  if (action == RolloutAction::halt) change.halted = true;
  return change;
}

Result<std::vector<UploadedFile>> parse_metadata_request(std::string_view body) {
  TRY(const auto object, parse_body(body, limits::metadata_body, {"files"}));
  TRY(const json::Array* const files, protocol::release::get_array(object, "files", 1, limits::metadata_files));
  std::vector<UploadedFile> uploads;
  for (const auto& file : *files) {
    TRY_DO(protocol::release::check_members(file, {"name", "content"}));
    UploadedFile upload;
    TRY(upload.name, json::get_string(file, "name"));
    TRY(upload.bytes, get_bytes(file, "content"));
    uploads.push_back(std::move(upload));
  }
  return uploads;
}

Result<SignedRelease> parse_release_request(std::string_view body) {
  TRY(const auto object, parse_body(body, limits::publish_body, {"descriptor", "metadata"}));
  SignedRelease release;
  TRY(release.descriptor, get_bytes(object, "descriptor"));
  TRY(release.metadata, get_bytes(object, "metadata"));
  return release;
}

}  // namespace latchkey::release
