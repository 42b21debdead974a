// The bundles a publisher made before, as plain files, because patches start from them: `<folder>/<tree root>/...`.
// Safe to delete, to copy and to keep in a CI cache: what it holds is checked against its name whenever it is used, and
// a bundle that is missing only means one patch less.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "publish/bundle.h"
#include "publish/work_progress.h"

namespace latchkey::publish {

// Several processes may use one folder at once: a bundle appears whole or not at all.
class BundleStore final {
 public:
  explicit BundleStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  bool has(const release::TreeRoot& root) const;
  std::vector<release::TreeRoot> list() const;  // in no particular order; empty when there is no folder

  // Nothing when it is not there, or no longer what its name says. Fails: permission_denied, storage_failed.
  Result<std::optional<Bundle>> find(const release::TreeRoot& root, const WorkProgress& progress = {}) const;
  // Nothing to do when it is there. Fails: permission_denied, storage_full, storage_failed.
  Status keep(const Bundle& bundle, const WorkProgress& progress = {}) const;
  // Fails: not_found, permission_denied, storage_failed.
  Status remove(const release::TreeRoot& root) const;

 private:
  std::filesystem::path place_of(const release::TreeRoot& root) const;
  std::filesystem::path folder_;
};

}  // namespace latchkey::publish
