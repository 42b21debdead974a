// What the `latchkey update` commands share: the device's folder, what its native build holds, the engine on it.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

#include "apps/latchkey/console.h"
#include "apps/latchkey/update_settings.h"
#include "apps/latchkey/vault_access.h"
#include "http/client/curl_client.h"
#include "update/engine.h"
#include "update/floors/vault_floor_copy.h"
#include "update/web/driver.h"

namespace latchkey::app {

struct UpdateFlags {
  std::string dir;
  std::string server;
  UpdateSettings given;  // what is empty was not given
  std::optional<std::uint64_t> built_in_sequence;
};

struct EngineRules {
  update::ApplyMode mode = update::ApplyMode::next_restart;
  std::chrono::milliseconds ready_within{10'000};
  bool sends_reports = false;
};

class DeviceAccess final {
 public:
  explicit DeviceAccess(Console& console) : console_(console), vault_access_(console) {}

  UpdateFlags flags;

  Console& console() { return console_; }
  // Takes the folder; what was given is remembered in it. A vault that was named is unlocked. Fails: invalid_argument
  // (something is missing), busy (another process has it), and as update::Engine::open and VaultAccess::open.
  Status open(const EngineRules& rules);
  // After open().
  update::Engine& engine() { return *engine_; }
  const UpdateSettings& settings() const { return settings_; }
  // What is on the device and may be built upon.
  std::vector<update::TreeRoot> trees() const;

  // The device's state as it is on the disk, also while another process drives it; nothing without a device. Changes
  // nothing.
  struct Look {
    update::State state;
    protocol::release::DeviceId id;
    std::optional<std::string> last_check;  // JSON, as note_check() wrote it
  };
  Result<std::optional<Look>> look();

  // The public half of the device's own key, which is made if it has none: in its vault if one is named, else in its
  // folder. Fails: conflict (the folder is another app's), busy (another process has the folder, and there is no key
  // yet), and as the vault and the folder do.
  Result<crypto::X25519Public> make_recipient();

  // For `update status`: what the last check came to.
  Status note_check(const update::CheckOutcome& outcome, const std::optional<Error>& error = {});

 private:
  // Those of before, if what was given may go with them.
  Result<UpdateSettings> find_settings() const;
  Status choose_settings();
  Result<crypto::X25519Public> make_folder_recipient();
  Result<update::EngineConfig> make_config(const EngineRules& rules);
  Result<update::BuiltInBundle> open_built_in();
  Status open_vault();

  Console& console_;
  SystemClock clock_;
  UpdateSettings settings_;
  update::TreeRoot built_in_root_{};
  std::unique_ptr<update::Vfs> vfs_;
  std::unique_ptr<http::CurlClient> client_;
  VaultAccess vault_access_;
  OpenVault vault_;
  std::unique_ptr<update::VaultFloorCopy> floor_copy_;  // null: no vault was named
  std::unique_ptr<update::Engine> engine_;              // uses all of the above
};

// The groups of commands, each in the file of its name.
void add_update_check(CLI::App& group, const std::shared_ptr<DeviceAccess>& access);  // and apply
void add_update_status(CLI::App& group, const std::shared_ptr<DeviceAccess>& access);
void add_update_delay(CLI::App& group, const std::shared_ptr<DeviceAccess>& access);
void add_update_recipient(CLI::App& group, const std::shared_ptr<DeviceAccess>& access);
void add_update_run(CLI::App& group, const std::shared_ptr<DeviceAccess>& access);

}  // namespace latchkey::app
