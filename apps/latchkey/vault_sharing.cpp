// One unlocking for the whole login session: a slot whose key the kernel keeps, until it expires or is revoked.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_output.h"
#include "vault/unlock_in_turn.h"

namespace latchkey::app {
namespace {

using std::chrono::seconds;
using vault::SlotStatus;
using vault::Vault;

bool is_shared_here(const SlotStatus& slot) { return vault::is_ephemeral(slot.kind) && !slot.problem; }

// Of this session, or of one that must be over. Other sessions' slots are theirs.
bool is_to_go(const SlotStatus& slot, Instant now) {
  if (!vault::is_ephemeral(slot.kind)) return false;
  return !slot.problem || (slot.label.starts_with(shared_label_prefix) && slot.label < shared_label(now));
}

struct SharingCommand {
  std::shared_ptr<VaultAccess> access;
  std::string lasting = "15m";
  bool again = false;

  Status unlock() {
    TRY(const seconds wanted, parse_time_span(lasting));
    if (wanted.count() == 0) return fail(Code::invalid_argument, "--for: at least a second");
    TRY(const auto path, access->file());
    TRY(auto locked, access->open_existing());
    TRY(const auto status, locked->status());
    TRY_DO(check_slot(status));
    const seconds longest = std::chrono::floor<seconds>(status.policy.maximum_unlocked_time);
    const seconds lifetime = longest.count() == 0 ? wanted : std::min(wanted, longest);
    TRY(auto parts, access->make_parts(lifetime));
    TRY(const auto opened, Vault::open(std::move(parts)));
    bool is_made = false;
    vault::UnlockTurn turn;
    if (access->flags.with_slot != 0) turn.slot = access->flags.with_slot;
    turn.before_next = [&] {
      is_made = true;
      return share(*opened, lifetime);
    };
    TRY_DO(vault::unlock_in_turn(*opened, path, access->prompt(), turn));
    if (again && !is_made) {
      TRY_DO(access->authenticate(*opened));
      TRY_DO(share(*opened, lifetime));
    }
    return tell(*opened);
  }

  // Or a shared slot would prolong itself, and nobody would be asked ever again.
  Status check_slot(const vault::VaultStatus& status) const {
    for (const SlotStatus& slot : status.slots)
      if (slot.id == access->flags.with_slot && vault::is_ephemeral(slot.kind))
        return fail(Code::invalid_argument, "a shared slot cannot be the one to share by");
    return {};
  }

  Status share(Vault& opened, seconds lifetime) const {
    const Instant now = access->clock().now();
    TRY(const auto before, opened.status());
    const std::string label = shared_label(now + lifetime);
    TRY_DO(opened.add_slot({vault::SlotKind::kernel_keyring, label}, access->prompt()));
    for (const SlotStatus& slot : before.slots)
      if (is_to_go(slot, now)) TRY_DO(opened.remove_slot(slot.id));
    return {};
  }

  Status tell(Vault& opened) const {
    TRY(const auto status, opened.status());
    const std::string until = shared_until(status.slots);
    access->console().result("unlocked for this login session " + until,
                             "{\"ok\":true,\"shared\":" + (until.empty() ? "null" : json_quoted(until)) + "}");
    return {};
  }

  // The slot opens the vault itself, so that nobody is asked; where it does not any more, nothing is shared.
  Status lock() {
    TRY(const auto opened, access->open_existing());
    Status shared = opened->unlock_shared();
    if (!shared && shared.error().code != Code::key_missing) return shared;
    TRY(const auto status, opened->status());
    for (const SlotStatus& slot : status.slots)
      if (shared && is_shared_here(slot)) TRY_DO(opened->remove_slot(slot.id));
    access->say_done(shared ? "locked" : "it was locked already");
    return {};
  }

  Status check() {
    TRY(const auto opened, access->open());
    TRY(const auto status, opened->status());
    const std::uint32_t slot = status.unlocked_by.value_or(0);
    access->console().result("slot " + std::to_string(slot) + " opens it",
                             "{\"ok\":true,\"slot\":" + std::to_string(slot) + "}");
    return {};
  }
};

}  // namespace

void add_vault_sharing(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<SharingCommand>(SharingCommand{access});
  CLI::App* const sub = group.add_subcommand(
      "unlock", "Open it for all processes of this login session, for a while; unlock check: only try");
  sub->require_subcommand(0, 1);
  sub->fallthrough();
  sub->add_option("--for", command->lasting, "How long (default 15m); never longer than the policy's maximum");
  sub->add_flag("--again", command->again, "When it is unlocked already: ask, and let the time begin anew");
  sub->callback([command, sub] {
    if (sub->get_subcommands().empty()) command->access->console().finish(command->unlock());
  });
  add_step(*sub, "check", "Tell whether the passcode or key opens it", command, &SharingCommand::check);
  add_step(group, "lock", "End that: the slot is removed and its key revoked", command, &SharingCommand::lock);
}

}  // namespace latchkey::app
