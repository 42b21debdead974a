// The checkpoints of vaults as every command uses them: how the server is reached, and what is said about them.
#pragma once

#include <filesystem>
#include <memory>

#include "session/server_checkpoints.h"
#include "vault/vault.h"

namespace latchkey::app {

// Of processes that share a vault: one renews the session at a time.
std::filesystem::path refresh_lock_of(const std::filesystem::path& vault_file);

// `clock` outlives it. Fails: as CurlClient::create.
Result<std::unique_ptr<session::ServerCheckpoints>> make_checkpoints(const std::filesystem::path& vault_file,
                                                                     const std::string& ca_file, const Clock& clock);

// Of a flag: "required", "when-reachable"; "none" and nothing are none. Fails: invalid_argument.
Result<std::optional<vault::CheckpointRule>> parse_checkpoint_choice(std::string_view text);

// On standard error: that this vault is open although its server vouched for nothing.
void tell_unverified(vault::Vault& opened);

// How far the vault has come; what the server did not learn is said on standard error.
void tell_server(vault::Vault& open);

// Before a vault is closed its server is told.
struct CloseVault {
  void operator()(vault::Vault* vault) const;
};
using OpenVault = std::unique_ptr<vault::Vault, CloseVault>;

}  // namespace latchkey::app
