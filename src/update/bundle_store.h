// The bundles on the disk: `blobs/<sha256>` holds contents, each once, whichever bundles they are part of;
// `bundles/<root>/table` says which paths of a bundle have which. A bundle is there when its table is. Nothing here
// decides which bundle runs.
#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "update/bundle_table.h"
#include "update/vfs.h"

namespace latchkey::update {

std::string blob_path(const crypto::Sha256Digest& sha256);  // "blobs/<hex>"
std::string table_path(const TreeRoot& root);               // "bundles/<hex>/table"

// A file of the given hash and size, read whole and compared. Fails: storage_corrupted, not_found, storage_failed.
Status check_blob(Vfs& vfs, const FileEntry& file);

class BundleStore final {
 public:
  // Makes the folders that are missing. `vfs` outlives it. Fails: storage_failed, storage_full, permission_denied.
  static Result<BundleStore> open(Vfs& vfs);

  Vfs& vfs() const { return *vfs_; }

  // Fails: not_found, authentication_failed, storage_corrupted, storage_failed.
  Result<Tree> read_table(const TreeRoot& root) const;
  // The table, and that every file is there with its size: quick, at every start. Fails: as read_table; not_found or
  // storage_corrupted for a file.
  Result<Tree> check_sizes(const TreeRoot& root) const;
  // Reads and hashes every file. Fails also: cancelled.
  Status check_contents(const TreeRoot& root, const std::stop_token& stop = {}) const;

  // Deletes the bundles and blobs that these do not need, and what was left half done. A bundle of `needed` whose table
  // cannot be read keeps all blobs from being deleted. Failures are passed over: the next time is soon.
  void collect(std::span<const TreeRoot> needed) const;
  // Deletes what arrived of other objects than these.
  void drop_parts(std::span<const crypto::Sha256Digest> kept) const;
  // Only what was left half done: at every start, before anything else.
  void remove_temporaries() const;

 private:
  explicit BundleStore(Vfs& vfs) : vfs_(&vfs) {}
  void remove_in(const std::string& folder, const std::function<bool(const std::string&)>& may_go) const;

  Vfs* vfs_;
};

}  // namespace latchkey::update
