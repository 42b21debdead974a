// Blobs as files of a folder: <folder>/ab/ab12...; uploads in <folder>/incoming, from where they are renamed. What a
// crash leaves in there is removed at the next start.
#pragma once

#include <filesystem>

#include "release/blobs/blob_store.h"

namespace latchkey::release {

class FolderBlobStore final : public BlobStore {
 public:
  // Makes the folder. One process at a time may have it open. Fails: permission_denied, storage_failed.
  static Result<std::unique_ptr<FolderBlobStore>> open(std::filesystem::path folder);

  Result<std::unique_ptr<BlobWriter>> begin(const BlobId& id) override;
  Result<std::shared_ptr<const http::BodySource>> find(const BlobId& id) override;

 private:
  explicit FolderBlobStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path path_of(const BlobId& id) const;

  std::filesystem::path folder_;
};

}  // namespace latchkey::release
