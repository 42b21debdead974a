// The keys of an unlocked vault: the data key of its generation and what is derived from it by label. Wiped when it
// goes.
#pragma once

#include "crypto/aead.h"
#include "crypto/hmac.h"
#include "vault/header.h"
#include "vault/record_store.h"

namespace latchkey::vault {

// Derived keys: crypto::derive(data key, label, vault id(16) | generation(4)).
class Keyring final {
 public:
  static DataKey make_data_key();
  // Fails: vault_corrupted (a key not of 32 bytes).
  static Result<Keyring> create(DataKey key, const Header& header);

  // "latchkey/v1/vault/record": seals heads and values of records.
  const crypto::Aead& records() const { return records_; }
  // "latchkey/v1/vault/manifest": seals the manifest.
  const crypto::Aead& manifest() const { return manifest_; }
  // "latchkey/v1/vault/set": the keyed hash that the manifest's sum is made of.
  const crypto::HmacKey& set() const { return set_; }
  // "latchkey/v1/vault/name": HMAC-SHA-256 of the name.
  NameIndex index_of(std::string_view name) const { return names_.sign(as_bytes(name)); }

  const DataKey& data_key() const { return data_key_; }
  // vault id(16) | generation(4): the beginning of all associated data.
  const Bytes& context() const { return context_; }
  std::uint32_t generation() const { return generation_; }

 private:
  Keyring(DataKey key, const Header& header, Bytes context, crypto::Aead records, crypto::Aead manifest);
  DataKey data_key_;
  std::uint32_t generation_;
  Bytes context_;
  crypto::Aead records_;
  crypto::Aead manifest_;
  crypto::HmacKey set_;
  crypto::HmacKey names_;
};

}  // namespace latchkey::vault
