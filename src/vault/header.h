// The vault's open part: who it is, which device it belongs to, its policy. Not secret; the manifest authenticates it
// as soon as a slot is open.
#pragma once

#include <optional>

#include "base/time.h"
#include "crypto/aead.h"
#include "vault/device_identity.h"
#include "vault/key_store.h"
#include "vault/lock_policy.h"
#include "vault/vault_type.h"

namespace latchkey::vault {

using DeviceBinding = ByteArray<32>;  // all zero: not bound

struct Header {
  VaultId id{};
  std::uint32_t generation = 1;
  crypto::AeadAlgorithm algorithm = crypto::AeadAlgorithm::aes_256_gcm;
  SecurityLevel minimum_level = SecurityLevel::software;
  Instant created_at{};
  Instant rotated_at{};  // when this generation's data key was made
  DeviceBinding device{};
  LockPolicy policy;
  VaultProtection protection;

  friend bool operator==(const Header&, const Header&) = default;
};

Bytes print_header(const Header& header);
// Fails: vault_corrupted, future_version.
Result<Header> parse_header(ByteView body);

// HMAC-SHA-256 of the vault's id under the device's secret, so that two vaults of one device have nothing in common.
DeviceBinding bind_to_device(const std::optional<DeviceSecret>& device, const VaultId& vault);
// Whether the header was made on another device than this one. Unbound vaults belong everywhere.
bool is_other_device(const Header& header, const std::optional<DeviceSecret>& device);

}  // namespace latchkey::vault
