// What opens the vault. To change that takes the user: a shared slot is not enough.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_output.h"

namespace latchkey::app {
namespace {

struct SlotCommand {
  std::shared_ptr<VaultAccess> access;
  std::string kind = {};
  std::string label = {};
  std::uint32_t slot = 0;

  Status slots() {
    TRY(const auto opened, access->open_existing());
    TRY(const auto status, opened->status());
    access->console().result(describe(status.slots), to_json(status.slots));
    return {};
  }

  Status add() {
    TRY(const auto parsed, vault::parse_slot_kind(kind));
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY(const auto id, opened->add_slot({parsed, label}, access->prompt()));
    access->console().result("slot " + std::to_string(id) + " added",
                             "{\"ok\":true,\"slot\":" + std::to_string(id) + "}");
    return {};
  }

  Status remove() {
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY_DO(opened->remove_slot(slot));
    access->say_done("slot removed");
    return {};
  }

  Status rewrap() {
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY_DO(opened->rewrap_slot(slot, access->prompt()));
    access->say_done("slot made anew");
    return {};
  }

  Status change_passcode() {
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY(const auto status, opened->status());
    for (const auto& one : status.slots) {
      if (one.kind != vault::SlotKind::passcode || (slot != 0 && one.id != slot)) continue;
      TRY_DO(opened->rewrap_slot(one.id, access->prompt()));
      access->say_done("passcode changed");
      return {};
    }
    return fail(Code::not_found, "no passcode slot");
  }
};

}  // namespace

void add_vault_slots(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<SlotCommand>(SlotCommand{access});
  add_step(group, "slots", "List what opens the vault", command, &SlotCommand::slots);
  CLI::App* sub = add_step(group, "add-slot", "Add another way to open it", command, &SlotCommand::add);
  sub->add_option("kind", command->kind, "passcode, recovery-code, secret-service, tpm2, pkcs11 or kernel-keyring")
      ->required();
  sub->add_option("--label", command->label, "A name for the slot");
  add_new_slot_flags(*sub, access->flags);
  sub = add_step(group, "remove-slot", "Remove one; never the last that lasts", command, &SlotCommand::remove);
  sub->add_option("slot", command->slot, "Its number (see: vault slots)")->required();
  sub = add_step(group, "rewrap-slot", "Make one anew under its number: another code, another key in its device",
                 command, &SlotCommand::rewrap);
  sub->add_option("slot", command->slot, "Its number (see: vault slots)")->required();
  add_new_slot_flags(*sub, access->flags);
  sub =
      add_step(group, "change-passcode", "Set a new passcode; the data stays", command, &SlotCommand::change_passcode);
  sub->add_option("--slot", command->slot, "Which passcode slot, if there are several");
}

}  // namespace latchkey::app
