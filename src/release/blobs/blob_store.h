// Where the encrypted objects of releases lie: bytes under the name of their SHA-256. A port: folder_blob_store.h is
// the adapter there is; one for S3 would be another.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "crypto/digest.h"
#include "http/message.h"

namespace latchkey::release {

using BlobId = crypto::Sha256Digest;  // of all its bytes

// An upload under way. Nothing is visible before finish(), and nothing stays of it when it goes without. Not
// thread-safe.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  // Fails: storage_full, storage_failed.
  virtual Status write(std::string_view piece) = 0;
  // Durable under its name when it returns; blocks on the disk. Fails: signature_invalid (the bytes have another hash),
  // storage_full, storage_failed.
  virtual Status finish() = 0;
  virtual std::uint64_t size() const = 0;
};

// Thread-safe. Fails everywhere: storage_failed.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> begin(const BlobId& id) = 0;  // Fails also: storage_full
  // The bytes, to be read as long as the source lives, or null when there is no such blob.
  virtual Result<std::shared_ptr<const http::BodySource>> find(const BlobId& id) = 0;
};

}  // namespace latchkey::release
