// What `latchkey serve` serves: the identity server, the release service, or both, on one router.
#pragma once

#include <memory>
#include <optional>

#include "apps/latchkey/release_data.h"
#include "identity/server.h"
#include "release/server.h"

namespace latchkey::app {

class Served final {
 public:
  // `identity` is null when that is switched off; the release service is opened here unless it is. `db` and `clock`
  // outlive it. Fails: as latchkey::release::Server::open.
  static Result<std::unique_ptr<Served>> open(const identity::Config& config, sql::Database& db, const Clock& clock,
                                              std::unique_ptr<identity::Server> identity);

  const http::Router& router() const { return identity_ ? identity_->router() : own_router_; }
  identity::Server* identity() { return identity_.get(); }  // null: switched off

  // Sees what other processes changed. Every few seconds.
  void follow_changes();
  // Every minute.
  void keep_house();
  // From now on /health answers 503.
  void announce_end();

 private:
  Served() = default;
  Status open_releases(const identity::Config& config, sql::Database& db, const Clock& clock);

  // In the order they go: routes hold on to the release service, and that to its blobs and keys.
  std::unique_ptr<latchkey::release::FolderBlobStore> objects_;
  std::optional<SealWithKek> seal_;
  std::unique_ptr<latchkey::release::Server> releases_;
  std::unique_ptr<identity::Server> identity_;
  http::Router own_router_;
  std::atomic<bool> is_ending_ = false;
};

}  // namespace latchkey::app
