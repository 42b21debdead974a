// Gets one object into `parts/<id>.part`, byte by byte as it comes, so that what has arrived is never asked for twice.
// A sidecar remembers which version of the file (ETag) the part is of. The whole is hashed before anybody opens it;
// that is also why nothing here is synced: what a power cut takes is fetched again.
#pragma once

#include "protocol/limits.h"
#include "protocol/release/release_descriptor.h"
#include "update/fetcher.h"
#include "update/vfs.h"

namespace latchkey::update {

struct DownloadRules {
  std::size_t largest_range = protocol::limits::download_range_maximum;
  std::size_t smallest_range = protocol::limits::download_range_minimum;
  unsigned failures = protocol::limits::download_failures;
  unsigned chunk_repairs = protocol::limits::download_chunk_repairs;
  unsigned whole_repairs = protocol::limits::download_whole_repairs;
};

std::string part_path(const protocol::release::ObjectId& id);

// The whole object is in part_path() when it returns, its length and SHA-256 compared with what was signed; `key` tells
// which chunk of it is damaged, if one is. What has arrived stays for the next time unless it is of the wrong hash.
// Holds none of it in memory. `progress` hears how many bytes of it there are. Fails: authentication_failed (it is
// not the object), protocol_violation (a server that does not keep to HTTP), not_found, server_error, cancelled,
// storage_full, storage_failed, and as Fetcher::send().
Status download_object(Fetcher& fetcher, Vfs& vfs, const protocol::release::ObjectEntry& object,
                       const protocol::release::FileKey& key, const DownloadRules& rules,
                       const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop);

}  // namespace latchkey::update
