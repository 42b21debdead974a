// What devices fetch: /updates/{app}/metadata/..., /targets/..., /objects/...; and what they report.
#include "base/hex.h"
#include "http/server/byte_range.h"
#include "protocol/release/device_report.h"
#include "release/endpoints/answers.h"
#include "release/endpoints/release_endpoints.h"

namespace latchkey::release {
namespace {

constexpr std::string_view prefix = "/updates/";
constexpr std::string_view objects_folder = "objects/";
// A CDN may answer "there is no newer root" for this long.
constexpr std::string_view short_caching = "public, max-age=30";

// "app/metadata/timestamp.json" -> app, and the path below it.
std::pair<std::string_view, std::string_view> split_path(const http::Request& request) {
  const std::string_view rest = std::string_view(request.path).substr(prefix.size());
  const std::size_t slash = rest.find('/');
  return {rest.substr(0, slash), slash == rest.npos ? std::string_view() : rest.substr(slash + 1)};
}

http::Response not_there() {
  auto response = http::text_response(404, "text/plain; charset=utf-8", "Not Found\n");
  response.headers.set("Cache-Control", short_caching);
  return response;
}

// A file devices in the middle of an update still ask for.
Answer send_older_file(ReleaseService& service, const http::Request& request) {
  auto look = [asked = split_path(request)](sql::Transaction& tx) { return find_file(tx, asked.first, asked.second); };
  const auto found = co_await service.db.read(look);
  if (!found) co_return refuse(found.error());
  if (!*found) co_return not_there();
  const auto body = http::CachedBody::create_immutable(std::string(as_text(**found)), "application/json");
  co_return body.respond_to(request);
}

Answer send_object(ReleaseService& service, const http::Request& request) {
  const auto path = split_path(request).second;
  const auto id = parse_hex_array<crypto::sha256_size>(path.substr(objects_folder.size()));
  if (!id) co_return not_there();
  auto blob = service.blobs.find(*id);
  if (!blob) co_return refuse(blob.error());
  if (*blob == nullptr) co_return not_there();
  const std::string etag = "\"" + to_hex(*id) + "\"";
  http::Response response;
  if (http::is_known_to(request, etag))
    response.status = 304;
  else
    response = http::range_response(http::find_range(request, etag, (*blob)->size()), *blob);
  response.headers.set("ETag", etag);
  response.headers.set("Cache-Control", http::immutable_caching);
  co_return response;
}

Answer ready(http::Response response) { co_return response; }

// Devices send nothing that tells them apart; a wrong app or report is refused without a word about the release.
Result<protocol::release::DeviceReport> read_report(const http::Request& request) {
  TRY(auto report, protocol::release::open_device_report(request.body));
  if (report.app != split_path(request).first) return fail(Code::invalid_argument, "app");
  return report;
}

http::Task<Status> admit_device(ReleaseService& service, const http::Request& request,
                                const protocol::release::DeviceReport& report, Instant now) {
  auto look = [&](sql::Transaction& tx) { return is_known_device(tx, report.app, report.device_key); };
  CO_TRY(const bool is_known, co_await service.db.read(look));
  if (!is_known && !service.new_devices.admit(request.client, now))
    co_return fail(Code::busy, "too many new devices from this address or its network");
  co_return Status();
}

http::Task<Result<ReportAnswer>> do_report(ReleaseService& service, const http::Request& request) {
  CO_TRY(const auto report, read_report(request));
  if (service.served.find(report.app) == nullptr) co_return fail(Code::not_found, "app");
  const Instant now = service.clock.now();
  CO_TRY_DO(co_await admit_device(service, request, report, now));
  auto work = [&](sql::Transaction& tx) { return take_report(tx, service.signing, report, request.client, now); };
  CO_TRY(const auto taken, co_await service.db.write(work));
  if (taken.has_paused) CO_TRY_DO(co_await serve_changes(service, report.app));
  co_return taken;
}

}  // namespace

Answer send_file(ReleaseService& service, const http::Request& request) {
  const auto [app, path] = split_path(request);
  const auto files = service.served.find(app);
  if (files == nullptr || files->is_future_root(path)) return ready(not_there());
  if (const auto* const body = files->find(path)) return ready(body->respond_to(request));
  if (path.starts_with(objects_folder)) return send_object(service, request);
  return send_older_file(service, request);
}

Answer take_device_report(ReleaseService& service, const http::Request& request) {
  if (split_path(request).second != "reports") co_return not_there();
  const auto taken = co_await do_report(service, request);
  if (taken && taken->counted == Counted::replayed)
    co_return http::text_response(409, "application/json",
                                  WipedString(protocol::release::print_report_answer(taken->highest)));
  if (taken) co_return http::empty_response(204);
  if (taken.error().code != Code::busy) co_return refuse(taken.error());
  auto response = http::empty_response(429);
  response.headers.set("Retry-After", "60");
  co_return response;
}

}  // namespace latchkey::release
