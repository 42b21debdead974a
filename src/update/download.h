// Gets one object into `parts/<id>.part`, byte by byte as it comes, so that what has arrived is never asked for twice.
// A sidecar remembers which version of the file (ETag) the part is of. The whole is hashed before anybody opens it;
// that is also why nothing here is synced: what a power cut takes is fetched again.
#pragma once

#include "protocol/release/release_descriptor.h"
#include "update/fetcher.h"
#include "update/vfs.h"

namespace latchkey::update {

struct DownloadRules {
  // Of one request. When one takes too long the next asks for what such a time suffices for. The smallest, in
  // http::Client's 30 s, is the least rate that is waited for: 1 KB/s.
  std::size_t largest_range = std::size_t{8} << 20;
  std::size_t smallest_range = std::size_t{32} << 10;
  unsigned failures = 4;  // in a row, without progress
  // When the whole has another hash: damaged chunks fetched anew, then the whole as often, then it is given up.
  unsigned chunk_repairs = 8;
  unsigned whole_repairs = 1;
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
