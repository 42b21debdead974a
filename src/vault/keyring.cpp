#include "vault/keyring.h"

#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace latchkey::vault {
namespace {

using DerivedKey = Secret<struct DerivedKeyTag>;

DerivedKey derive(const DataKey& key, std::string_view label, ByteView context) {
  return crypto::derive<DerivedKeyTag>(key, label, context);
}

}  // namespace

DataKey Keyring::make_data_key() { return crypto::random_secret<DataKeyTag>(data_key_size); }

Result<Keyring> Keyring::create(DataKey key, const Header& header) {
  if (key.size() != data_key_size) return fail(Code::vault_corrupted, "data key: size");
  Bytes context(header.id.begin(), header.id.end());
  append_be(context, header.generation);
  TRY(auto records, crypto::Aead::create(header.algorithm, derive(key, "latchkey/v1/vault/record", context)));
  TRY(auto manifest, crypto::Aead::create(header.algorithm, derive(key, "latchkey/v1/vault/manifest", context)));
  return Keyring(std::move(key), header, std::move(context), std::move(records), std::move(manifest));
}

Keyring::Keyring(DataKey key, const Header& header, Bytes context, crypto::Aead records, crypto::Aead manifest)
    : data_key_(std::move(key)),
      generation_(header.generation),
      context_(std::move(context)),
      records_(std::move(records)),
      manifest_(std::move(manifest)),
      set_(derive(data_key_, "latchkey/v1/vault/set", context_)),
      names_(derive(data_key_, "latchkey/v1/vault/name", context_)) {}

}  // namespace latchkey::vault
