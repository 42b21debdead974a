// What everything that keeps an object under the TPM's storage key shares: the object's secret auth value, and loading.
#pragma once

#include <string_view>

#include "base/wiping.h"
#include "vault/key_stores/passcode_stretch.h"
#include "vault/tpm2/tpm2_connection.h"

namespace latchkey::vault::tpm2 {

// A structure of the TSS that holds a secret, wiped when it goes.
template <class Struct>
struct Wiped : Struct {
  Wiped() : Struct{} {}
  ~Wiped() { wipe(); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  void wipe() { secure_wipe({reinterpret_cast<std::uint8_t*>(static_cast<Struct*>(this)), sizeof(Struct)}); }
};

inline Status check(TSS2_RC code) {
  if (code != TSS2_RC_SUCCESS) return tl::unexpected(to_error(code));
  return {};
}

// The auth value that stands for a PIN. `label` keeps those of different uses apart.
void set_auth(TPM2B_AUTH& auth, const StretchedPasscode& pin, std::string_view label);

struct CreatedObject {
  TPM2B_PUBLIC public_part;
  TPM2B_PRIVATE private_part;
};
// What is secret of it reaches the TPM encrypted. Fails: as to_error().
Result<CreatedObject> create_object(Connection& connection, const StorageKey& storage_key,
                                    const TPM2B_SENSITIVE_CREATE& sensitive, const TPM2B_PUBLIC& wanted);

// Fails: key_missing (the object belongs under the storage key of that name, and this TPM has another).
Status check_is_same_tpm(const StorageKey& storage_key, const ByteArray<name_size>& expected);

// Fails: authentication_failed (altered), and as to_error().
Result<Transient> load_object(Connection& connection, const StorageKey& storage_key, const Transient& session,
                              const TPM2B_PUBLIC& public_part, const TPM2B_PRIVATE& private_part);

}  // namespace latchkey::vault::tpm2
