// What every `latchkey vault` command shares: which vault, how it is opened, and what its user is asked.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/latchkey/checkpoints.h"
#include "apps/latchkey/console.h"
#include "vault/vault_file.h"

namespace latchkey::app {

struct VaultFlags {
  std::string file;
  std::uint32_t with_slot = 0;  // 0: whichever opens
  // Where the devices are, and how new slots in them are made.
  std::string tcti = vault::tpm2::default_tcti;
  std::string module;
  std::string token;
  std::string token_key;
  std::optional<bool> with_pin;  // unset: as the vault's type has it
  std::vector<unsigned> pcrs;
  std::string ca_file;  // for the checkpoint's server; empty: the system's certificates
  bool without_checkpoint = false;
};
// --file, --with-slot, --secrets-from-stdin, and where devices are; for the group.
void add_vault_flags(CLI::App& group, VaultFlags& flags, Console& console);
// --pin, --pcrs: of new slots.
void add_new_slot_flags(CLI::App& command, VaultFlags& flags);

// "10m", "1h", "30d"; "never" is 0. Fails: invalid_argument.
Result<std::chrono::seconds> parse_time_span(std::string_view text);

// Lives as long as the command line is being run; the vaults it gives go before it.
class VaultAccess final {
 public:
  explicit VaultAccess(Console& console) : console_(console) {}

  VaultFlags flags;

  Console& console() { return console_; }
  const Clock& clock() const { return clock_; }

  // `shared_for`: how long an ephemeral slot that is made now lasts.
  Result<vault::VaultParts> make_parts(std::chrono::seconds shared_for = vault::KernelKeyringOptions().timeout);
  // Unlocked: in turn with other processes, through a shared slot of this session without asking.
  Result<OpenVault> open();
  // An opened one, as open() does.
  Status unlock(vault::Vault& opened);
  // Locked.
  Result<std::unique_ptr<vault::Vault>> open_existing();
  // The user has just proved to be there, by opening a slot that lasts: now, or when the vault was opened.
  Status authenticate(vault::Vault& opened);
  Result<std::filesystem::path> file() const;

  // New tpm2 slots ask nobody, unless --pin says so: for types of vaults that are opened by the device.
  void default_to_no_pin() { flags.with_pin = flags.with_pin.value_or(false); }
  // How this command line reaches fprintd and PAM; says what the reader waits for.
  vault::PresenceOptions presence_options() const;
  // What this machine can recognise its user by, and whether it has a place for keys. Up to five seconds.
  Result<vault::Capabilities> capabilities();

  // Asks on the terminal, or takes lines of standard input.
  vault::Prompt prompt();

  void say_done(std::string_view sentence) { console_.result(sentence, R"({"ok":true})"); }

 private:
  Result<vault::Passcode> ask(vault::PasscodeAsk what);
  Status show(const vault::RecoveryCode& code);

  Console& console_;
  SystemClock clock_;
  vault::Passcode entered_;  // the last one, to authenticate with in the same command
};

}  // namespace latchkey::app
