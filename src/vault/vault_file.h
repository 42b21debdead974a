// The usual composition: a vault in one file of this machine, with every key store this build has.
#pragma once

#include <filesystem>
#include <optional>

#include "vault/key_stores/kernel_keyring_key_store.h"
#include "vault/key_stores/pkcs11_key_store.h"
#include "vault/key_stores/tpm2_key_store.h"
#include "vault/user_presences/fprint_presence.h"
#include "vault/user_presences/pam_presence.h"
#include "vault/vault.h"

namespace latchkey::vault {

// How new slots are made. What a slot was made with stands in the file; of these, opening one uses only where the
// devices are: `tpm2.tcti` and `pkcs11->module`.
struct KeyStoreOptions {
  Tpm2KeyStoreOptions tpm2 = {};
  std::optional<Pkcs11KeyStoreOptions> pkcs11 = std::nullopt;  // unset: no such slots
  KernelKeyringOptions kernel_keyring = {};
};

// Who recognises the user: how fprintd and PAM are reached.
struct PresenceOptions {
  FprintOptions fprint = {};
  PamOptions pam = {};
};
// The two ways Linux has, fingerprints first; their status says which of them this machine can use. Asks nobody, and
// touches nothing yet. `clock` outlives them.
std::vector<std::unique_ptr<UserPresence>> make_presences(const Clock& clock, const PresenceOptions& options = {});

// The one of that method, else the first that is usable now; when none is, the first, which then says why. Fails:
// invalid_argument (no such method here).
Result<std::unique_ptr<UserPresence>> choose_presence(std::vector<std::unique_ptr<UserPresence>> all,
                                                      std::optional<PresenceMethod> method);

// The rollback anchor is a counter in the TPM; without a TPM there is none. Slots of kinds that this machine cannot
// have (no TPM, no module named) are listed, and answer unsupported. Passcodes of new slots cost what this device can
// bear (calibrated_passcode_cost). Touches nothing yet. `clock` outlives the vault made from it.
VaultParts parts_for_file(const std::filesystem::path& file, const Clock& clock, const KeyStoreOptions& options = {},
                          const PresenceOptions& presences = {});

// $XDG_DATA_HOME/latchkey/default.vault, or ~/.local/share/... Fails: configuration_invalid (neither is set).
Result<std::filesystem::path> default_vault_file();

}  // namespace latchkey::vault
