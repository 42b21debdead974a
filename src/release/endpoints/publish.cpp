// Publishing: metadata, objects, releases. The answer comes after the commit.
#include "base/hex.h"
#include "release/endpoints/answers.h"
#include "release/endpoints/release_endpoints.h"
#include "release/endpoints/requests.h"

namespace latchkey::release {
namespace {

http::Task<Result<http::Response>> do_metadata(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::publish, app));
  CO_TRY(const auto files, parse_metadata_request(request.body));
  const Instant now = service.clock.now();
  auto work = [&](sql::Transaction& tx) { return publish_metadata(tx, service.signing, app, files, now); };
  CO_TRY_DO(co_await service.db.write(work));
  CO_TRY_DO(co_await serve_changes(service, app));
  co_return http::empty_response(204);
}

http::Task<Result<http::Response>> do_publish(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  const std::string channel(channel_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::publish, app));
  CO_TRY(const auto release, parse_release_request(request.body));
  const Instant now = service.clock.now();
  auto work = [&](sql::Transaction& tx) { return publish_release(tx, service.signing, app, channel, release, now); };
  CO_TRY(const ReleaseId id, co_await service.db.write(work));
  CO_TRY_DO(co_await serve_changes(service, app));
  co_return json_answer(201, [&](auto& writer) { writer.begin_object().member("id", print(id)).end_object(); });
}

// --- objects ---

class ObjectSink final : public http::BodySink {
 public:
  ObjectSink(const BlobId& id, std::unique_ptr<BlobWriter> writer) : id_(id), writer_(std::move(writer)) {}
  Status write(std::string_view piece) override { return writer_->write(piece); }
  const BlobId& id() const { return id_; }
  BlobWriter& writer() { return *writer_; }

 private:
  BlobId id_;
  std::unique_ptr<BlobWriter> writer_;
};

Result<BlobId> object_of(const http::Request& request) {
  auto id = parse_hex_array<crypto::sha256_size>(segment(request, 4));
  if (!id) return fail(Code::invalid_format, "an object's name is its SHA-256 in lower-case hex");
  return id;
}

http::Task<Result<std::shared_ptr<http::BodySink>>> do_open(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::publish, app));
  CO_TRY(const BlobId id, object_of(request));
  auto look = [&](sql::Transaction& tx) { return check_app_exists(tx, app); };
  CO_TRY_DO(co_await service.db.read(look));
  CO_TRY(auto writer, service.blobs.begin(id));
  co_return std::make_shared<ObjectSink>(id, std::move(writer));
}

http::Task<Result<http::Response>> do_store(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  auto& sink = static_cast<ObjectSink&>(*request.sink);  // open_object made it
  const Status stored = co_await service.disk.run([&sink] { return sink.writer().finish(); });
  CO_TRY_DO(stored);
  const Instant now = service.clock.now();
  const BlobId id = sink.id();
  const std::uint64_t size = sink.writer().size();
  auto work = [&](sql::Transaction& tx) { return insert_object(tx, app, id, size, now); };
  CO_TRY_DO(co_await service.db.write(work));
  co_return http::empty_response(204);
}

http::Task<Result<http::Response>> do_show_release(ReleaseService& service, const http::Request& request) {
  const std::string app(app_of(request));
  CO_TRY(const auto key, co_await authorize(service, request, Scope::publish, app));
  CO_TRY(const BlobId id, object_of(request));
  auto look = [&](sql::Transaction& tx) { return find_object_size(tx, app, id); };
  CO_TRY(const auto size, co_await service.db.read(look));
  if (!size) co_return fail(Code::not_found, "object");
  co_return http::empty_response(204);
}

}  // namespace

Answer take_metadata_files(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_metadata(service, request));
}
Answer publish(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_publish(service, request));
}

http::Task<http::SinkOrAnswer> open_object(ReleaseService& service, const http::Request& request) {
  auto sink = co_await do_open(service, request);
  if (!sink) co_return tl::unexpected(refuse(sink.error()));
  co_return *std::move(sink);
}
Answer store_object(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_store(service, request));
}
Answer show_object(ReleaseService& service, const http::Request& request) {
  return or_refuse(do_show_release(service, request));
}

}  // namespace latchkey::release
