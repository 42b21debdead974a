// The release service's part of a server's data, for the commands that work on it: serve, app.
#pragma once

#include <memory>

#include "apps/latchkey/identity_data.h"
#include "release/blobs/folder_blob_store.h"
#include "release/keys/key_seal.h"

namespace latchkey::app {

// The release service's private keys are sealed like the identity server's.
class SealWithKek final : public latchkey::release::KeySeal {
 public:
  explicit SealWithKek(identity::KeyEncryption encryption) : encryption_(std::move(encryption)) {}
  Result<Bytes> seal(std::string_view label, ByteView secret) const override { return encryption_.seal(label, secret); }
  Result<WipedBytes> unseal(std::string_view label, ByteView sealed) const override {
    return encryption_.unseal(label, sealed);
  }

 private:
  identity::KeyEncryption encryption_;
};

// The encrypted objects, in the folder `objects` of the data folder.
Result<std::unique_ptr<latchkey::release::FolderBlobStore>> open_objects(const identity::Config& config);

}  // namespace latchkey::app
