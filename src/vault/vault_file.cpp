#include "vault/vault_file.h"

#include <cstdlib>

#include "vault/key_stores/passcode_calibration.h"
#include "vault/key_stores/passcode_key_store.h"
#include "vault/key_stores/recovery_code_key_store.h"
#include "vault/key_stores/secret_service_key_store.h"
#include "vault/record_stores/inotify_path_watch.h"
#include "vault/record_stores/sqlite_record_store.h"
#include "vault/rollback_anchors/tpm2_rollback_anchor.h"

namespace latchkey::vault {

std::vector<std::unique_ptr<UserPresence>> make_presences(const Clock& clock, const PresenceOptions& options) {
  std::vector<std::unique_ptr<UserPresence>> presences;
  presences.push_back(make_fprint_presence(clock, options.fprint));
  presences.push_back(make_pam_presence(clock, options.pam));
  return presences;
}

namespace {
bool is_usable(const PresenceStatus& status) {
  return status.is_available && status.is_enrolled && !status.problem && !status.locked_out_until;
}
}  // namespace

Result<std::unique_ptr<UserPresence>> choose_presence(std::vector<std::unique_ptr<UserPresence>> all,
                                                      std::optional<PresenceMethod> method) {
  const auto is_it = [&](const auto& one) { return method ? one->method() == *method : is_usable(one->status()); };
  const auto chosen = std::ranges::find_if(all, is_it);
  if (chosen != all.end()) return std::move(*chosen);
  if (method || all.empty()) return fail(Code::invalid_argument, "no such way to recognise the user");
  return std::move(all.front());
}

VaultParts parts_for_file(const std::filesystem::path& file, const Clock& clock, const KeyStoreOptions& options,
                          const PresenceOptions& presences) {
  std::vector<std::unique_ptr<KeyStore>> stores;
  stores.push_back(make_secret_service_key_store());
  stores.push_back(make_passcode_key_store(calibrated_passcode_cost));
  stores.push_back(make_recovery_code_key_store());
  stores.push_back(make_kernel_keyring_key_store(options.kernel_keyring));
  std::unique_ptr<RollbackAnchor> anchor;
  if (tpm2::is_present(options.tpm2.tcti)) {
    stores.push_back(make_tpm2_key_store(options.tpm2));
    anchor = make_tpm2_rollback_anchor(options.tpm2.tcti);
  }
  if (options.pkcs11) stores.push_back(make_pkcs11_key_store(*options.pkcs11));
  auto records = make_sqlite_record_store(file, {.watch_path = watch_path_by_inotify});
  return {std::move(records),      std::move(stores),
          make_machine_identity(), clock,
          std::move(anchor),       make_presences(clock, presences)};
}

Result<std::filesystem::path> default_vault_file() {
  const char* const data = std::getenv("XDG_DATA_HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (data != nullptr && data[0] == '/') return std::filesystem::path(data) / "latchkey" / "default.vault";
  const char* const home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  if (home == nullptr || home[0] != '/')
    return fail(Code::configuration_invalid, "neither XDG_DATA_HOME nor HOME is set");
  return std::filesystem::path(home) / ".local" / "share" / "latchkey" / "default.vault";
}

}  // namespace latchkey::vault
