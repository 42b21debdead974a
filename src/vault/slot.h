// One slot as it lies in the file: which store wrapped its key, what that store needs to open it again, and the data
// key sealed to it.
#pragma once

#include <string>

#include "base/time.h"
#include "crypto/key_agreement.h"
#include "vault/keyring.h"

namespace latchkey::vault {

struct Slot {
  std::uint32_t id = 0;  // not in the body: it is the part's number
  SlotKind kind{};       // may be one this build does not know
  SecurityLevel level{};
  Portability portability{};
  Instant created_at{};
  std::string label;
  crypto::X25519Public public_key{};  // whoever holds the slot's key opens what is sealed to it
  WrappedKey wrapped;                 // the slot's key, wrapped by its store
  Bytes sealed_data_key;              // the data key of this generation, sealed to the slot (slot_seal.h)
  Bytes sealed_authenticator;         // the slot's authenticator, under the data key

  friend bool operator==(const Slot&, const Slot&) = default;
};

Bytes print_slot(const Slot& slot);
// Fails: vault_corrupted, future_version.
Result<Slot> parse_slot(std::uint32_t id, ByteView body);

// Associated data: "latchkey/v1/vault/slot-authenticator" | vault(16) | generation(4) | slot(4).
Result<Bytes> seal_authenticator(const Keyring& keys, const SlotAuthenticator& authenticator, std::uint32_t slot);
// Fails: vault_corrupted.
Result<SlotAuthenticator> open_authenticator(const Keyring& keys, const Slot& slot);

}  // namespace latchkey::vault
