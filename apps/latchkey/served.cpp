#include "apps/latchkey/served.h"

#include "base/log.h"
#include "protocol/routes.h"

namespace latchkey::app {
namespace {

void warn(const Status& done, std::string_view event) {
  if (!done) log::warning(event, {{"error", done.error()}});
}

http::Task<http::Response> answer_health(const std::atomic<bool>& is_ending) {
  auto response = http::text_response(is_ending ? 503 : 200, "text/plain; charset=utf-8",
                                      WipedString(is_ending ? "ending\n" : "ok\n"));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

Result<std::unique_ptr<Served>> Served::open(const identity::Config& config, sql::Database& db, const Clock& clock,
                                             std::unique_ptr<identity::Server> identity) {
  std::unique_ptr<Served> served(new Served());
  served->identity_ = std::move(identity);
  if (config.serves_updates) TRY_DO(served->open_releases(config, db, clock));
  return served;
}

Status Served::open_releases(const identity::Config& config, sql::Database& db, const Clock& clock) {
  TRY(objects_, open_objects(config));
  TRY(auto encryption, open_key_encryption(config, db));
  seal_.emplace(std::move(encryption));
  TRY(releases_, latchkey::release::Server::open(db, *objects_, *seal_, clock));
  releases_->add_routes(identity_ ? identity_->router() : own_router_);
  if (!identity_)
    own_router_.add(http::Method::get, std::string(protocol::routes::health),
                    [this](const http::Request&) { return answer_health(is_ending_); });
  return {};
}

void Served::follow_changes() {
  constexpr std::string_view unseen = "changes of other processes were not seen";
  if (identity_) warn(identity_->follow_changes(), unseen);
  if (releases_) warn(releases_->follow_changes(), unseen);
}

void Served::keep_house() {
  if (identity_) warn(identity_->keep_house(), "housekeeping failed");
  if (releases_) warn(releases_->keep_house(), "housekeeping of the releases failed");
}

void Served::announce_end() {
  is_ending_ = true;
  if (identity_) identity_->announce_end();
}

}  // namespace latchkey::app
