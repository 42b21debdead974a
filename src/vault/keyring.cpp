#include "vault/keyring.h"

#include "crypto/hkdf.h"
#include "crypto/random.h"

namespace latchkey::vault {
namespace {

Result<crypto::Aead> make_aead(const DataKey& key, const Header& header, std::string_view label, ByteView context) {
  return crypto::Aead::create(header.algorithm, crypto::derive<struct DerivedKeyTag>(key, label, context));
}

}  // namespace

DataKey Keyring::make_data_key() { return crypto::random_secret<DataKeyTag>(data_key_size); }

Result<Keyring> Keyring::create(DataKey key, const Header& header) {
  if (key.size() != data_key_size) return fail(Code::vault_corrupted, "data key: size");
  Bytes context(header.id.begin(), header.id.end());
  append_be(context, header.generation);
  TRY(auto values, make_aead(key, header, "latchkey/v1/vault/value", context));
  TRY(auto nodes, make_aead(key, header, "latchkey/v1/vault/node", context));
  TRY(auto manifest, make_aead(key, header, "latchkey/v1/vault/manifest", context));
  TRY(auto keys, make_aead(key, header, "latchkey/v1/vault/keys", context));
  return Keyring(std::move(key), header, std::move(context), std::move(values), std::move(nodes), std::move(manifest),
                 std::move(keys));
}

Keyring::Keyring(DataKey key, const Header& header, Bytes context, crypto::Aead values, crypto::Aead nodes,
                 crypto::Aead manifest, crypto::Aead keys)
    : data_key_(std::move(key)),
      generation_(header.generation),
      context_(std::move(context)),
      values_(std::move(values)),
      nodes_(std::move(nodes)),
      manifest_(std::move(manifest)),
      keys_(std::move(keys)) {}

}  // namespace latchkey::vault
