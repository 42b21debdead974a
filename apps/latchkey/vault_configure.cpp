// Another type for a vault that is there, other slots with it: one write, and the records stay.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_output.h"
#include "apps/latchkey/vault_protection.h"

namespace latchkey::app {
namespace {

struct ConfigureCommand {
  std::shared_ptr<VaultAccess> access;
  ProtectionFlags flags = {};
  std::vector<std::string> added = {};
  std::vector<std::uint32_t> removed = {};
  std::string label = {};
  std::string checkpoint = {};

  // Showing it needs no key. Changing it takes the user, for it is what protects the vault.
  Status configure() {
    const bool is_change = flags.is_any_given() || !added.empty() || !removed.empty();
    if (!is_change && checkpoint.empty()) {
      TRY(const auto closed, access->open_existing());
      return show(*closed);
    }
    TRY(const auto rule, parse_checkpoint_choice(checkpoint));
    TRY(const auto before, look());
    TRY(vault::VaultConfig config, make_config(before));
    if (is_opened_by_device(config.protection.type)) access->default_to_no_pin();
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    if (is_change) TRY_DO(opened->update_config(config, access->prompt()));
    if (!checkpoint.empty()) TRY_DO(opened->set_checkpoint(rule));
    return show(*opened);
  }

  // What is wrong with the flags is told before anybody is asked.
  Result<vault::VaultStatus> look() const {
    TRY(const auto closed, access->open_existing());
    return closed->status();
  }

  Result<vault::VaultConfig> make_config(const vault::VaultStatus& before) const {
    vault::VaultConfig config;
    TRY(config.protection, apply_flags(flags, before.protection));
    for (const std::string& name : added) {
      TRY(const auto kind, vault::parse_slot_kind(name));
      config.new_slots.push_back({kind, label});
    }
    for (const std::uint32_t id : removed)
      if (std::ranges::find(before.slots, id, &vault::SlotStatus::id) == before.slots.end())
        return fail(Code::not_found, "slot");
    for (const auto& slot : before.slots)
      if (is_to_stay(slot, config.protection.type)) config.kept_slots.push_back(slot.id);
    return config;
  }

  // A shortcut of the login session would pass by the user: it goes when they are to be recognised.
  bool is_to_stay(const vault::SlotStatus& slot, vault::VaultType type) const {
    if (std::ranges::find(removed, slot.id) != removed.end()) return false;
    return !vault::is_ephemeral(slot.kind) || type != vault::VaultType::device_security;
  }

  Status show(vault::Vault& opened) const {
    TRY(const auto status, opened.status());
    access->console().result(
        describe(status.protection) + (status.checkpoint ? "\n" + describe(*status.checkpoint) : std::string()),
        to_json(status));
    return {};
  }
};

}  // namespace

void add_vault_configure(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<ConfigureCommand>(ConfigureCommand{access});
  CLI::App& sub = *add_step(group, "configure", "Show the vault's type, or change it with its slots; the records stay",
                            command, &ConfigureCommand::configure);
  add_protection_flags(sub, command->flags);
  sub.add_option("--add-slot", command->added, "A new slot, made with the change; may be given again");
  sub.add_option("--remove-slot", command->removed, "Number of a slot that goes with it; may be given again");
  sub.add_option("--label", command->label, "A name for the new slots");
  sub.add_option("--checkpoint", command->checkpoint,
                 "Whether the server this vault is signed in at remembers how new it is: required (it opens only when "
                 "the server says so), when-reachable, none");
  add_new_slot_flags(sub, access->flags);
  sub.footer(
      "The slots that are left must be those of the type:\n"
      "  SecureStorage, DeviceSecurity  a key of the device (tpm2, secret-service, pkcs11); DeviceSecurity also takes\n"
      "                                 a passcode or recovery code beside it, opened only by --with-slot\n"
      "  CustomPasscode                 a passcode, or a chip's PIN; recovery codes\n"
      "  latchkey vault configure --type DeviceSecurity --device-security Both --add-slot secret-service\n"
      "  latchkey vault rotate    afterwards: copies of the file from before open as before, but not what comes after");
}

}  // namespace latchkey::app
