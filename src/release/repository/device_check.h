// Whether devices will take what is about to be published: the client's own rules, run over the changed repository,
// once as a device that knows nothing but the root and once as one that has seen what is current now.
#pragma once

#include <span>

#include "release/repository/repository.h"

namespace latchkey::release {

// Looks up each of `targets` and compares what it finds with the repository's. Fails: as tuf::TrustedMetadata does,
// not_found.
Status check_as_device(const Repository& before, const Repository& after, std::span<const std::string> targets,
                       Instant now);

}  // namespace latchkey::release
