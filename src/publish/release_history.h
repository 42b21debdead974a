// The releases a channel has had, as the publisher's folder of metadata tells them.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "protocol/release/release_descriptor.h"

namespace latchkey::publish {

namespace release = protocol::release;

// One complete version of the channel's role, and the release it names.
struct SignedRelease {
  std::int64_t version = 0;
  Bytes metadata;
  release::ReleaseDescriptor descriptor;
};

// All of them, oldest first. A role may have been signed again with the same release, for more time or with other keys.
// Fails: as read_history.
Result<std::vector<SignedRelease>> read_signed_releases(const std::filesystem::path& folder, std::string_view channel);

// What every complete version of the channel's role names, oldest first, sequences rising. Signatures are not checked:
// what is wrong here costs patches, and whoever can write this folder signs releases anyway. Versions whose descriptor
// is gone are passed over. Fails: permission_denied, storage_failed, invalid_format (a descriptor that is none).
Result<std::vector<release::ReleaseDescriptor>> read_history(const std::filesystem::path& folder,
                                                             std::string_view channel);

}  // namespace latchkey::publish
