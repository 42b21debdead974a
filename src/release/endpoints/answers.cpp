#include "release/endpoints/answers.h"

#include "base/log.h"
#include "http/server/router.h"

namespace latchkey::release {
namespace {

int status_of(Code code) {
  switch (code) {
    case Code::invalid_token:
      return 401;
    case Code::insufficient_scope:
      return 403;
    case Code::not_found:
      return 404;
    case Code::already_exists:
    case Code::conflict:
    case Code::metadata_mismatch:
    case Code::metadata_rolled_back:
    case Code::metadata_expired:
      return 409;
    case Code::input_too_large:
      return 413;
    case Code::invalid_argument:
    case Code::invalid_format:
    case Code::future_version:
    case Code::signature_invalid:
      return 422;
    case Code::storage_full:
      return 507;
    case Code::busy:
    case Code::temporarily_unavailable:
    case Code::storage_failed:
      return 503;
    default:
      return 500;
  }
}

constexpr std::string_view bearer = "Bearer ";

Result<std::string_view> presented_key(const http::Request& request) {
  const auto field = request.headers.find("authorization");
  if (!field || request.headers.count("authorization") != 1 || !field->starts_with(bearer))
    return fail(Code::invalid_token, "an API key is wanted");
  const std::string_view key = field->substr(bearer.size());
  if (!is_api_key(key)) return fail(Code::invalid_token, "not an API key");
  return key;
}

}  // namespace

http::Response json_answer(int status, const std::function<void(protocol::json::Writer&)>& write) {
  std::string text;
  protocol::json::Writer writer(text);
  write(writer);
  auto response = http::json_response(status, WipedString(text));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

http::Response refuse(const Error& error) {
  const int status = status_of(error.code);
  const bool is_ours = status >= 500;
  if (is_ours && error.code != Code::busy) log::error("a request failed", {{"error", error}});
  auto response = json_answer(status, [&](auto& writer) {
    writer.begin_object().member("type", "about:blank").member("title", http::reason_of(status));
    writer.member("status", status).member("code", name_of(error.code));
    writer.member("detail", is_ours ? sentence_of(error.code) : std::string_view(error.detail)).end_object();
  });
  response.headers.set("Content-Type", "application/problem+json");
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.set("Retry-After", "1");
  return response;
}

http::Task<http::Response> or_refuse(http::Task<Result<http::Response>> task) {
  auto done = co_await std::move(task);
  co_return done ? *std::move(done) : refuse(done.error());
}

std::string_view segment(const http::Request& request, std::size_t index) {
  const auto segments = http::path_segments(request.path);
  return index < segments.size() ? segments[index] : std::string_view();
}

http::Task<Result<StoredApiKey>> authorize(ReleaseService& service, const http::Request& request, Scope scope,
                                           std::string_view app) {
  CO_TRY(const auto key, presented_key(request));
  const auto hash = hash_of(key);
  auto look = [hash](sql::Transaction& tx) { return find_api_key(tx, hash); };
  CO_TRY(auto stored, co_await service.db.read(look));
  if (!stored) co_return fail(Code::invalid_token, "unknown API key");
  if (!has_scope(stored->scopes, scope)) co_return fail(Code::insufficient_scope, "the key's scopes do not allow this");
  if (!stored->may(scope, app)) co_return fail(app.empty() ? Code::insufficient_scope : Code::not_found, "app");
  co_return *std::move(stored);
}

http::Task<Status> serve_changes(ReleaseService& service, std::string app) {
  auto load = [app](sql::Transaction& tx) { return ServedFiles::load(tx, app); };
  CO_TRY(auto files, co_await service.db.read(load));
  service.served.put(app, std::move(files));
  co_return Status();
}

}  // namespace latchkey::release
