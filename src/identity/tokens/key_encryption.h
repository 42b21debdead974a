// The key-encryption key of a server: seals the private keys that lie in the database, so that a copy of the database
// alone signs nothing. Comes from the systemd credential `latchkey.kek` when there is one, else from `kek` in the data
// folder (32 bytes, mode 0600), made on the first start.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/secret.h"
#include "base/wiping.h"
#include "crypto/aead.h"

namespace latchkey::identity {

using KeyEncryptionSecret = Secret<struct KeyEncryptionSecretTag>;

class KeyEncryption final {
 public:
  // `credentials` is $CREDENTIALS_DIRECTORY, or empty. Fails: permission_denied, storage_failed, invalid_format (not 32
  // bytes; the keys in the database cannot be read without the right file, so it is never replaced).
  static Result<KeyEncryption> open(const std::filesystem::path& data_folder, const std::filesystem::path& credentials);
  static Result<KeyEncryption> from(KeyEncryptionSecret secret);  // 32 bytes

  // `label` names the row ("signing-key/<kid>"): a sealed key moved to another row does not open. Thread-safe.
  Result<Bytes> seal(std::string_view label, ByteView secret) const;
  Result<WipedBytes> unseal(std::string_view label, ByteView sealed) const;  // Fails: authentication_failed

 private:
  explicit KeyEncryption(crypto::Aead aead) : aead_(std::move(aead)) {}
  crypto::Aead aead_;
};

}  // namespace latchkey::identity
