// The release service as one object: every collaborator, its routes, and the work that is due from time to time. Knows
// no sockets; `latchkey serve` puts an http::Server in front, tests call the router in process.
#pragma once

#include <memory>

#include "http/server/router.h"
#include "release/endpoints/release_service.h"

namespace latchkey::release {

class Server final {
 public:
  // Brings the schema up to date and reads what is served. The references outlive the server. Fails: as migrate, and
  // storage_failed.
  static Result<std::unique_ptr<Server>> open(sql::Database& db, BlobStore& blobs, const KeySeal& seal,
                                              const Clock& clock, OnlineLifetimes lifetimes = {}, PauseRule pause = {});

  void add_routes(http::Router& router) const;

  // Sees what other processes published. Call every few seconds.
  Status follow_changes() { return service_->served.follow(); }
  // Signs again what is due (hourly), drops what nobody asks for any more. Call every minute.
  Status keep_house();

 private:
  explicit Server(std::shared_ptr<ReleaseService> service) : service_(std::move(service)) {}
  std::shared_ptr<ReleaseService> service_;
};

}  // namespace latchkey::release
