// What becomes of a release once it is made: its objects lie in the publisher's folder, its channel's role is signed
// with the keys at hand, and a release service, if there is one, gets what it has not seen. Shared by `bundle pack`,
// `bundle publish`, `channel promote` and `channel rollback`.
#pragma once

#include "apps/latchkey/bundle_access.h"
#include "apps/latchkey/release_server.h"
#include "publish/release_builder.h"

namespace latchkey::app {

struct DeliveryFlags {
  ServerFlags server;
  bool without_snapshot = false;
};
void add_snapshot_flag(CLI::App& command, DeliveryFlags& flags);
void add_delivery_flags(CLI::App& command, DeliveryFlags& flags);  // that, and where the server is

class ReleaseDelivery final {
 public:
  explicit ReleaseDelivery(std::shared_ptr<BundleAccess> access) : access_(std::move(access)) {}

  DeliveryFlags flags;

  // Nothing to do without --server.
  Status connect(const std::string& app);
  publish::ApiClient* api() { return server_ ? &server_->api() : nullptr; }

  // Another release of the channel may still wait for signatures, and would be lost. Fails: conflict.
  Status check_no_draft(const std::string& channel) const;
  // The trees most devices have, as far as the server tells: a key that may not read, or a channel that is new, costs
  // patches only.
  Result<std::vector<release::TreeRoot>> find_most_used(const std::string& channel);

  // An object goes where the folder has its objects.
  Status put_object(const release::ObjectEntry& entry, ByteView bytes) const;
  // With what is at hand; what is missing is gathered with `latchkey keys threshold`. Snapshot and timestamp follow
  // where no server signs them.
  Status sign(const publish::BuiltRelease& built, const std::string& channel);
  // Everything the server has not seen, in order: each version of a role follows the one before. Answers the newest.
  // Fails: not_found (nothing is completely signed), and as the API client does.
  Result<release::ReleaseDescriptor> send(const std::string& channel);

  bool is_signed() const { return is_signed_; }
  // Where it stands and what to do next, as a line.
  std::string describe() const;
  std::string json_members() const;  // "signed":..,"static":..,"published":..

 private:
  Status sign_snapshot(publish::MetadataFolder& folder);
  Status send_one(const std::string& channel, const publish::SignedRelease& one, std::uint64_t sequence_before);

  std::shared_ptr<BundleAccess> access_;
  std::unique_ptr<ReleaseServer> server_;
  publish::UploadReport sent_;
  std::string draft_;
  bool is_signed_ = false, is_static_ = false, is_published_ = false;
};

}  // namespace latchkey::app
