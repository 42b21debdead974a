#include "publish/keys/key_file.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "protocol/limits/release.h"
#include "publish/keys/private_pem.h"
#include "vault/exchange/age/file.h"

namespace latchkey::publish {
namespace {

namespace age = vault::age;
using crypto::SignatureAlgorithm;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= protocol::limits::key_name_bytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<Bytes> seal(const crypto::SigningKey& key, const Passphrase& passphrase, unsigned work_factor) {
  TRY(const auto der, key.to_pkcs8());
  const PrivatePem pem = print_private_pem(der.reveal());
  Bytes sealed;
  const auto sink = [&sealed](ByteView piece) -> Status {
    append(sealed, piece);
    return {};
  };
  TRY(auto writer, age::Writer::create(passphrase, work_factor, age::Encoding::armor, sink));
  TRY_DO(writer.write(pem.reveal()));
  TRY_DO(writer.finish());
  return sealed;
}

std::filesystem::path with_suffix(std::filesystem::path file, std::string_view suffix) {
  return file.replace_extension(std::string(suffix));
}

}  // namespace

Status create_key_files(const std::filesystem::path& folder, std::string_view name, const crypto::SigningKey& key,
                        const Passphrase& passphrase, unsigned work_factor) {
  if (!is_name(name)) return fail(Code::invalid_argument, "a key's name has letters, digits, - and _");
  if (passphrase.is_empty()) return fail(Code::invalid_argument, "an empty passphrase");
  TRY(const tuf::TufKey public_key, tuf::TufKey::of(key.verifying_key()));
  TRY(const Bytes sealed, seal(key, passphrase, work_factor));
  TRY_DO(create_private_folder(folder));
  const std::filesystem::path file = folder / (std::string(name) + std::string(private_suffix));
  TRY_DO(create_file_atomically(file, sealed));
  return create_file_atomically(with_suffix(file, public_suffix), as_bytes(public_key.json() + "\n"));
}

Result<crypto::SigningKey> open_key_file(const std::filesystem::path& file, const Passphrase& passphrase) {
  TRY(const WipedBytes sealed, read_file(file, protocol::limits::key_file_bytes));
  age::Keys keys;
  keys.ask_passphrase = [&passphrase]() -> Result<Passphrase> { return passphrase.clone(); };
  TRY(const WipedBytes pem, age::open_file(sealed, keys));
  TRY(const crypto::PrivateKeyDer der, parse_private_pem(as_text(pem)));
  auto key = crypto::SigningKey::from_pkcs8(SignatureAlgorithm::ed25519, der);
  if (key) return key;
  return crypto::SigningKey::from_pkcs8(SignatureAlgorithm::es256, der);
}

Result<tuf::TufKey> read_public_key(const std::filesystem::path& file) {
  const bool is_private = file.extension() == private_suffix;
  TRY(const WipedBytes text,
      read_file(is_private ? with_suffix(file, public_suffix) : file, protocol::limits::key_file_bytes));
  TRY(const auto object, protocol::json::parse_object(as_text(text)));
  TRY(tuf::TufKey key, tuf::TufKey::from(object));
  if (!key.verifying_key()) return fail(Code::unsupported, "a public key that is neither ed25519 nor P-256");
  return key;
}

Result<std::vector<StoredKey>> list_keys(const std::filesystem::path& folder) {
  std::vector<StoredKey> keys;
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return keys;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != private_suffix) continue;
    TRY(tuf::TufKey key, read_public_key(entry.path()));
    keys.push_back({entry.path().stem().string(), entry.path(), std::move(key)});
  }
  if (error) return fail(Code::storage_failed, "the folder of keys");
  std::ranges::sort(keys, {}, &StoredKey::name);
  return keys;
}

}  // namespace latchkey::publish
