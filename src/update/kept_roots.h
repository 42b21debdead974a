// The roots a device has verified since the one that came with its app: `meta/<N>.root.json`. Whoever can write the
// folder can put any file there, so none is believed for itself: the chain is walked anew from the app's root, every
// link signed as TUF wants it, and it counts only if it ends at the root that the sealed state remembers.
#pragma once

#include "protocol/release/tuf/trusted_metadata.h"
#include "update/state.h"
#include "update/vfs.h"

namespace latchkey::update {

RootPin pin_of(const protocol::tuf::TrustedMetadata& trusted);

struct OpenedRoots {
  protocol::tuf::TrustedMetadata trusted;
  std::uint64_t app_version = 0;  // of the app's own root
};

// From the app's root on as far as `pin` says, or no further than that: what is missing, damaged or forged is to be
// fetched again. Fails: as TrustedMetadata::open does with the app's root.
Result<OpenedRoots> open_kept_roots(Vfs& vfs, ByteView app_root, const std::optional<RootPin>& pin,
                                    Instant update_start);

// TrustedMetadata::update_root; the version that `pin` remembers must be that very root. What the keys of former roots
// could sign does not matter any more. Fails also: metadata_mismatch.
Status update_root(protocol::tuf::TrustedMetadata& trusted, ByteView file, const std::optional<RootPin>& pin);

// "3.root.json"; nothing for other names.
std::optional<std::uint64_t> find_root_version(std::string_view name);

}  // namespace latchkey::update
