// How the native stanzas of age wrap the file key: X25519 for a public key, scrypt for a passphrase. Source:
// age-encryption.org/v1, "The X25519 recipient type", "The scrypt recipient type".
#pragma once

#include <optional>
#include <span>

#include "protocol/limits/vault.h"
#include "vault/exchange/age/header.h"
#include "vault/exchange/age/keys.h"

namespace latchkey::vault::age {

// log2 of scrypt's cost. 18 takes 256 MiB and about a second; it is what the age tool writes.
inline constexpr unsigned default_work_factor = 18;

// Fails: invalid_argument (a recipient of low order).
Result<Stanza> wrap_for_recipient(const FileKey& key, const Recipient& recipient);
// Fails: invalid_argument (an empty passphrase, a work factor outside 1 to `age_work_factor`), crypto_failed (memory).
Result<Stanza> wrap_for_passphrase(const FileKey& key, const Passphrase& passphrase, unsigned work_factor);

// Whether the file is for a passphrase. Fails: invalid_format (then that must be its only stanza; or a malformed one).
Result<bool> is_for_passphrase(std::span<const Stanza> stanzas);

// The file key, or nothing when no stanza is for any of the identities; stanzas of other kinds are passed over. Fails:
// invalid_format (a malformed X25519 stanza, or a share of low order).
Result<std::optional<FileKey>> unwrap_with_identities(std::span<const Stanza> stanzas,
                                                      std::span<const Identity> identities);
// `stanza` is the only one of a file that is_for_passphrase(). Nothing: the passphrase is another. Fails:
// input_too_large (a work factor above `age_work_factor`), crypto_failed (memory).
Result<std::optional<FileKey>> unwrap_with_passphrase(const Stanza& stanza, const Passphrase& passphrase);

}  // namespace latchkey::vault::age
