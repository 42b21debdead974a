// The keys of an unlocked vault: the data key of a generation and what is derived from it by label. Wiped when it goes.
#pragma once

#include <optional>

#include "crypto/aead.h"
#include "vault/header.h"
#include "vault/slot_seal.h"

namespace latchkey::vault {

// Derived keys: crypto::derive(data key, label, vault id(16) | generation(4)).
class Keyring final {
 public:
  static DataKey make_data_key();
  // Fails: vault_corrupted (a key not of 32 bytes).
  static Result<Keyring> create(DataKey key, const Header& header);

  // "latchkey/v1/vault/value": seals values of records.
  const crypto::Aead& values() const { return values_; }
  // "latchkey/v1/vault/node": seals nodes of the index.
  const crypto::Aead& nodes() const { return nodes_; }
  // "latchkey/v1/vault/manifest": seals the manifest.
  const crypto::Aead& manifest() const { return manifest_; }
  // "latchkey/v1/vault/keys": seals the slots' authenticators, and the data key of the generation before while a
  // rotation is under way.
  const crypto::Aead& keys() const { return keys_; }

  const DataKey& data_key() const { return data_key_; }
  // vault id(16) | generation(4): the beginning of all associated data.
  const Bytes& context() const { return context_; }
  std::uint32_t generation() const { return generation_; }

 private:
  Keyring(DataKey key, const Header& header, Bytes context, crypto::Aead values, crypto::Aead nodes,
          crypto::Aead manifest, crypto::Aead keys);
  DataKey data_key_;
  std::uint32_t generation_;
  Bytes context_;
  crypto::Aead values_;
  crypto::Aead nodes_;
  crypto::Aead manifest_;
  crypto::Aead keys_;
};

// The keys of this generation, and of the one before it until a rotation is done.
struct Keyrings {
  Keyring current;
  std::optional<Keyring> previous = std::nullopt;

  // Fails: vault_corrupted (nothing in the vault may name another generation).
  Result<const Keyring*> of(std::uint32_t generation) const {
    if (generation == current.generation()) return &current;
    if (previous && generation == previous->generation()) return &*previous;
    return fail(Code::vault_corrupted, "sealed in another generation");
  }
};

}  // namespace latchkey::vault
