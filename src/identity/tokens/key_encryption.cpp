#include "identity/tokens/key_encryption.h"

#include "base/atomic_file.h"
#include "crypto/random.h"

namespace latchkey::identity {
namespace {

constexpr std::size_t key_size = crypto::Aead::key_size;

Result<KeyEncryptionSecret> read_key(const std::filesystem::path& path) {
  TRY(const auto bytes, read_file(path, key_size + 1));
  if (bytes.size() != key_size) return fail(Code::invalid_format, "the key-encryption key is not 32 bytes long");
  return KeyEncryptionSecret::copy_of(bytes);
}

Status check_mode(const std::filesystem::path& path) {
  std::error_code error;
  const auto mode = std::filesystem::status(path, error).permissions();
  constexpr auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  if (!error && (mode & others) != std::filesystem::perms::none)
    return fail(Code::permission_denied, "the key-encryption key must be readable by its owner alone (chmod 600 kek)");
  return {};
}

Result<KeyEncryptionSecret> read_or_make_key(const std::filesystem::path& path) {
  TRY_DO(check_mode(path));
  auto secret = read_key(path);
  if (secret || secret.error().code != Code::not_found) return secret;
  const auto fresh = crypto::random_secret<KeyEncryptionSecretTag>(key_size);
  const auto created = create_file_atomically(path, fresh.reveal());
  if (!created && created.error().code != Code::already_exists) return tl::unexpected(created.error());
  return read_key(path);  // another process may have been faster
}

}  // namespace

Result<KeyEncryption> KeyEncryption::open(const std::filesystem::path& data_folder,
                                          const std::filesystem::path& credentials) {
  if (!credentials.empty()) {
    auto secret = read_key(credentials / "latchkey.kek");
    if (secret) return from(*std::move(secret));
    if (secret.error().code != Code::not_found) return tl::unexpected(secret.error());
  }
  TRY(auto secret, read_or_make_key(data_folder / "kek"));
  return from(std::move(secret));
}

Result<KeyEncryption> KeyEncryption::from(KeyEncryptionSecret secret) {
  TRY(auto aead, crypto::Aead::create(crypto::AeadAlgorithm::aes_256_gcm, secret));
  return KeyEncryption(std::move(aead));
}

Result<Bytes> KeyEncryption::seal(std::string_view label, ByteView secret) const {
  return aead_.seal(secret, as_bytes(label));
}

Result<WipedBytes> KeyEncryption::unseal(std::string_view label, ByteView sealed) const {
  return aead_.open(sealed, as_bytes(label));
}

}  // namespace latchkey::identity
