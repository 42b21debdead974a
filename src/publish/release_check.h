// Checks a published release from outside, as a device does and further: the metadata's signatures from a trusted root
// on, the descriptor, every object's length and hash; with the content keys also what is in them, and that applying
// them gives the trees they promise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/release/release_descriptor.h"
#include "publish/bundle_store.h"
#include "publish/release_source.h"
#include "publish/work_progress.h"

namespace latchkey::publish {

struct CheckOptions {
  std::string app;
  std::string channel;
  Instant now{};
  const release::KeyRing* ring = nullptr;  // none: objects stay closed
  const BundleStore* store = nullptr;      // earlier bundles, to apply patches to
  WorkProgress progress;
};

// How far an object was followed.
enum class CheckDepth : std::uint8_t { stored, opened, applied };
std::string_view name_of(CheckDepth depth);

struct CheckedObject {
  release::ObjectId id{};
  CheckDepth depth = CheckDepth::stored;
  std::optional<Error> wrong;
};

struct CheckedRelease {
  release::ReleaseDescriptor descriptor;
  std::vector<CheckedObject> objects;  // in the order of the descriptor
  Instant expires{};                   // when the first file of metadata stops being believed

  bool is_sound() const;
};

// `root`: the metadata file that ships with the app. Fails: not_found (no such repository, channel or release),
// whatever a device finds wrong with metadata (tuf/trusted_metadata.h) and descriptor, and as the source. What is wrong
// with a single object stands in its entry.
Result<CheckedRelease> check_published(ReleaseSource& source, ByteView root, const CheckOptions& options);

}  // namespace latchkey::publish
