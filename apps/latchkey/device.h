// The session of this device as the commands `login`, `logout`, `status` and `token` use it: the unlocked vault, the
// HTTP client, and what lies between. One command is one process, so it unlocks, works and forgets.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/latchkey/checkpoints.h"
#include "apps/latchkey/console.h"
#include "http/client/curl_client.h"
#include "session/refresh_lock.h"
#include "session/session.h"
#include "session/vault_token_store.h"
#include "vault/vault.h"

namespace latchkey::app {

struct DeviceFlags {
  std::string vault;    // empty: the user's own
  std::string ca_file;  // empty: the system's certificates
};
// --vault, --ca-file, --passcode-stdin
void add_device_flags(CLI::App& command, DeviceFlags& flags, Console& console);

// What a vault asks the user for, on the terminal or from standard input. `console` outlives it.
vault::Prompt passcode_prompt(Console& console);

enum class MissingVault { create, refuse };

class Device final {
 public:
  // Unlocks the vault. A missing one is made, or nobody is signed in. One that stays locked because the session it asks
  // its checkpoint's server with is over comes back locked where signing in is what follows (create): sign_in_first().
  // Fails: not_signed_in, as Vault::open and unlock.
  static Result<std::unique_ptr<Device>> open(const DeviceFlags& flags, Console& console, MissingVault missing);

  // The stored session, whoever issued it. Fails: not_signed_in.
  Result<session::SessionRecord> get_record();
  // The session object for it, or for a new sign-in. Fails: as Session::create, open.
  Result<std::unique_ptr<session::Session>> session_with(const std::string& issuer, const std::string& client_id);
  // For the stored session. Fails also: not_signed_in.
  Result<std::unique_ptr<session::Session>> stored_session();

  // The vault waits for a new session: a store in memory takes it, and then it opens.
  bool sign_in_first() const { return sign_in_first_; }
  Result<std::unique_ptr<session::Session>> waiting_session(const std::string& issuer, const std::string& client_id);
  // Asks the server with `session`, opens the vault, and moves the session into it.
  Status finish_sign_in(session::Session& session, Console& console);

  vault::Vault& vault() { return *vault_; }
  const Clock& clock() const { return clock_; }

 private:
  Device() = default;
  Status open_vault(const DeviceFlags& flags, Console& console, MissingVault missing);
  Result<vault::VaultParts> make_parts(const DeviceFlags& flags);

  SystemClock clock_;
  std::filesystem::path file_;
  bool sign_in_first_ = false;
  session::MemoryTokenStore waiting_room_;
  session::ServerCheckpoints* checkpoints_ = nullptr;  // the vault's
  OpenVault vault_;
  std::unique_ptr<session::VaultTokenStore> store_;
  std::unique_ptr<session::FileRefreshLock> lock_;
  std::unique_ptr<http::CurlClient> client_;
};

// "in 4 min", "3 h ago"
std::string describe_time(Instant at, Instant now);

}  // namespace latchkey::app
