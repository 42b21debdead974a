#include "release/server.h"

#include "base/log.h"
#include "protocol/limits.h"
#include "release/endpoints/release_endpoints.h"
#include "release/schema.h"

namespace latchkey::release {
namespace {

// Longer than the slowest device takes from its timestamp to its last object's metadata.
constexpr std::chrono::days superseded_age{7};
// A device that was silent for longer is counted anew.
constexpr std::chrono::days device_age{180};

}  // namespace

Result<std::unique_ptr<Server>> Server::open(sql::Database& db, BlobStore& blobs, const KeySeal& seal,
                                             const Clock& clock, OnlineLifetimes lifetimes, PauseRule pause) {
  TRY_DO(check_pause_rule(pause));
  TRY_DO(migrate(db));
  auto service = std::make_shared<ReleaseService>(db, blobs, clock, Signing{seal, lifetimes, pause});
  TRY_DO(service->served.follow());
  return std::unique_ptr<Server>(new Server(std::move(service)));
}

void Server::add_routes(http::Router& router) const { add_release_endpoints(router, service_); }

Status Server::keep_house() {
  const Instant now = service_->clock.now();
  TRY(const auto apps, service_->db.read([](sql::Transaction& tx) { return list_apps(tx, ""); }).get());
  for (const auto& app : apps) {
    auto work = [&](sql::Transaction& tx) { return renew_app(tx, service_->signing, app.id, now); };
    // One app whose root expired must not keep the others from being signed.
    if (const auto renewed = service_->db.write(work).get(); !renewed)
      log::warning("an app could not be signed again", {{"app", app.id}, {"error", renewed.error()}});
  }
  auto drop = [now](sql::Transaction& tx) -> Status {
    TRY_DO(drop_old_files(tx, now - superseded_age));
    TRY_DO(drop_old_networks(tx, now - protocol::limits::failing_network_age));
    return drop_old_devices(tx, now - device_age);
  };
  TRY_DO(service_->db.write(drop).get());
  return follow_changes();
}

}  // namespace latchkey::release
