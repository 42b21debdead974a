// Reads what a build wrote - a folder, or a zip or tar of one - into a bundle. Everything that may not be in a bundle
// is refused, and all of it is told at once, so that a publisher mends a build in one go.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "publish/bundle.h"
#include "publish/work_progress.h"

namespace latchkey::publish {

struct ReadOptions {
  std::vector<std::string> excluded;  // shell patterns over whole paths: "*.map" matches in every folder
  // Patterns of files that look like secrets or notes of tools but are meant to be published.
  std::vector<std::string> allowed;
  bool needs_index = true;  // refuse bundles without index.html at the top
  WorkProgress progress;    // bytes read
};

struct Offence {
  std::string path;    // as found, not to be trusted: escape it before showing it
  std::string reason;  // "symbolic links cannot be in a bundle"
};

struct ReadReport {
  std::vector<Offence> offences;     // why nothing was read; in the order of paths
  std::vector<std::string> skipped;  // left out: excluded, or droppings of desktops (.DS_Store)
};

// `source` is a folder, or an archive. Links are never followed. Fails: not_found, permission_denied, storage_failed,
// input_too_large (more than a bundle may have), invalid_format (report.offences has at least one; or no archive).
Result<Bundle> read_bundle(const std::filesystem::path& source, const ReadOptions& options, ReadReport& report);

}  // namespace latchkey::publish
