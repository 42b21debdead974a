// `latchkey vault ...`: the vault file from the command line. Every call is a process of its own, so it unlocks, works
// and forgets. Passcodes and values come from the terminal without echo, or from standard input a line each, passcode
// first; never from arguments.
#include "apps/latchkey/commands.h"
#include "apps/latchkey/vault_commands.h"

namespace latchkey::app {

void add_vault(CLI::App& app, Console& console) {
  const auto access = std::make_shared<VaultAccess>(console);
  CLI::App& group = *app.add_subcommand("vault", "Keep secrets in the encrypted vault of this device");
  group.require_subcommand(1);
  group.fallthrough();
  group.footer(
      "A slot is one way to open the vault: passcode, recovery-code, secret-service (the desktop's keyring), tpm2,\n"
      "pkcs11 (a token), kernel-keyring (a shortcut for this login session).\n"
      "  latchkey vault create --slot passcode --slot recovery-code\n"
      "  latchkey vault create --device-security Both      a finger, or the device's password, then the device's key\n"
      "  latchkey vault unlock --for 10m       other commands of this login session do not ask until then\n"
      "  latchkey vault set api-key            asks for what it needs; nothing of it is shown\n"
      "  latchkey vault get api-key\n"
      "  printf '%s\\n' \"$passcode\" | latchkey vault get api-key --secrets-from-stdin");
  add_vault_flags(group, access->flags, console);
  add_vault_life(group, access);
  add_vault_sharing(group, access);
  add_vault_records(group, access);
  add_vault_slots(group, access);
  add_vault_configure(group, access);
  add_vault_signing(group, access);
  add_vault_checkpoint(group, access);
  add_vault_upkeep(group, access);
  add_vault_exchange(group, access);
}

}  // namespace latchkey::app
