// Gets a release's tree onto the device: the cheapest way over its objects, and the next best after each failure, down
// to the full bundle. Nothing of an object is looked at before its length and hash are those that were signed.
#pragma once

#include "protocol/limits.h"
#include "protocol/release/key_wrap.h"
#include "protocol/release/object_plan.h"
#include "update/download.h"
#include "update/installation.h"

namespace latchkey::update {

struct InstallRules {
  DownloadRules download;
  std::uint64_t memory = protocol::limits::object_memory;  // objects that need more to apply are left out
  std::uint64_t spare_bytes = std::uint64_t{16} << 20;     // free space wanted besides twice the bundle's size
};

// What is on the device. `store` and `built_in` outlive the call.
struct InstallSource {
  BundleStore& store;
  BuiltInBundle& built_in;
  std::vector<TreeRoot> installed;  // bundles whose trees may be bases
};

// The disk at an attempt that ended with storage_full.
struct Room {
  std::uint64_t wanted = 0, available = 0;  // bytes
  friend bool operator==(const Room&, const Room&) = default;
};

struct InstallReport {
  std::uint64_t downloaded = 0;  // bytes of the objects used
  std::size_t objects = 0;
  std::size_t steps_down = 0;      // ways that failed before
  std::optional<Room> room;        // when the disk was full
  bool is_releases_fault = false;  // the last failure came after an object had arrived exactly as it was signed
};

// Afterwards the tree is complete in the store; it does not yet wait to be switched to. `report` is filled whatever the
// end. Memory: what the object's entry says, and buffers of half a MiB. Fails: storage_full (also
// before a byte was fetched), key_missing (a channel that is not for this device), not_found (no way is left),
// cancelled, what the last way failed with, and passing failures of the network, after which the parts that arrived
// stay.
Status install_release(const InstallSource& source, Fetcher& fetcher,
                       const protocol::release::ReleaseDescriptor& release, const protocol::release::KeyRing& ring,
                       const InstallRules& rules, const std::function<void(std::uint64_t)>& progress,
                       const std::stop_token& stop, InstallReport& report);

// What there is, and what a release wants: twice its size and something to spare. Fails: storage_failed.
Result<Room> look_for_room(Vfs& vfs, const protocol::release::ReleaseDescriptor& release, const InstallRules& rules);

}  // namespace latchkey::update
