// What a TPM slot keeps in the vault's file.
#pragma once

#include <optional>

#include "vault/key_stores/passcode_stretch.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault {

using PcrMask = std::uint32_t;  // bit n: PCR n of the SHA-256 bank, n < 24
inline constexpr PcrMask all_pcrs = 0xffffff;

// version(1) = 1 | flags(1): 1 PIN, 2 PCRs | with a PIN: Stretch(24) | with PCRs: their mask(4), not 0 |
// name of the storage key(34) | TPM2B_PUBLIC | TPM2B_PRIVATE of the sealed object, each at most 1 KiB.
struct Tpm2Parameters {
  std::optional<Stretch> pin;
  PcrMask pcrs = 0;
  ByteArray<tpm2::name_size> storage_key;
  TPM2B_PUBLIC sealed_public;
  TPM2B_PRIVATE sealed_private;
};

// Fails: crypto_failed (the TPM made something that TPMs do not make).
Result<Bytes> print_tpm2_parameters(const Tpm2Parameters& parameters);
// Fails: vault_corrupted, future_version.
Result<Tpm2Parameters> parse_tpm2_parameters(ByteView bytes);

}  // namespace latchkey::vault
