// What keeps a vault well: rotation, checks, expiry, policy.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "apps/latchkey/interruption.h"
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_policy.h"

namespace latchkey::app {
namespace {

struct UpkeepCommand {
  std::shared_ptr<VaultAccess> access;
  PolicyFlags flags = {};
  bool yes = false;

  Status rotate() {
    TRY(const auto opened, access->open());
    TRY(const auto before, opened->status());
    const std::uint64_t total = before.record_count.value_or(0);
    const bool is_shown = !access->console().json && isatty(STDERR_FILENO) == 1;
    const auto show = [&](std::uint64_t done) {
      if (is_shown) fmt::print(stderr, "\r{} of {} records", std::min(done, total), total);
    };
    const Interruption interruption;
    const Status rotated = opened->rotate(show, interruption.token());
    if (is_shown) fmt::print(stderr, "\n");
    if (!rotated && rotated.error().code == Code::cancelled)
      return fail(Code::cancelled, "nothing is lost; vault rotate carries it on");
    TRY_DO(rotated);
    TRY(const auto after, opened->status());
    access->console().result(fmt::format("{} records are sealed under a new key", total),
                             fmt::format(R"({{"ok":true,"generation":{},"records":{}}})", after.generation, total));
    return {};
  }

  Status verify() {
    TRY(const auto opened, access->open());
    TRY_DO(opened->verify());
    TRY(const std::size_t left, opened->remove_left_keys());
    access->say_done(left == 0 ? "every record is authentic"
                               : "every record is authentic; keys of former slots are still in their stores, which "
                                 "were not there or did not remove them");
    return {};
  }

  Status purge() {
    TRY(const auto opened, access->open());
    TRY_DO(opened->purge());
    access->say_done("nothing that has expired is left");
    return {};
  }

  Status adopt() {
    TRY(const auto opened, access->open());
    TRY_DO(opened->adopt_device());
    access->say_done("the vault is this device's");
    return {};
  }

  // What the vault holds is older than what was there once; only the user can say that this is meant to be.
  Status accept_rollback() {
    if (!yes) return fail(Code::invalid_argument, "what was written since is lost; repeat with --yes");
    TRY(const auto opened, access->open_existing());
    const std::uint32_t slot = access->flags.with_slot;
    TRY_DO(opened->accept_rollback(access->prompt(), slot == 0 ? std::nullopt : std::optional(slot)));
    access->say_done("the vault is taken as it is");
    return {};
  }

  // Showing it needs no key. Changing it takes the user, for it is what protects an unlocked vault.
  Status policy() {
    if (!flags.is_any_given()) {
      TRY(const auto closed, access->open_existing());
      return show_policy(*closed);
    }
    TRY_DO(apply_flags(flags, {}));
    TRY(const auto opened, access->open());
    TRY_DO(access->authenticate(*opened));
    TRY(const auto status, opened->status());
    TRY(const auto changed, apply_flags(flags, status.policy));
    TRY_DO(opened->set_policy(changed));
    return show_policy(*opened);
  }

  Status show_policy(vault::Vault& vault) const {
    TRY(const auto status, vault.status());
    access->console().result(describe(status.policy), to_json(status.policy));
    return {};
  }
};

}  // namespace

void add_vault_upkeep(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<UpkeepCommand>(UpkeepCommand{access});
  add_step(group, "rotate", "Seal every record under a new key; Ctrl-C stops it, the next call carries it on", command,
           &UpkeepCommand::rotate);
  add_step(group, "verify", "Read every byte, and authenticate every record", command, &UpkeepCommand::verify);
  add_step(group, "purge", "Remove what has expired, its bytes included", command, &UpkeepCommand::purge);
  add_step(group, "adopt", "Bind a vault that came from another device to this one", command, &UpkeepCommand::adopt);
  CLI::App* sub = add_step(group, "accept-rollback", "Take an older copy that was put back for what is true", command,
                           &UpkeepCommand::accept_rollback);
  sub->add_flag("--yes", command->yes, "Required: what was written since is lost");
  sub->add_flag("--without-checkpoint", access->flags.without_checkpoint,
                "Give up its checkpoint, too: for a server that is gone for good");
  sub = add_step(group, "policy", "Show when the vault locks itself, or change it", command, &UpkeepCommand::policy);
  add_policy_flags(*sub, command->flags);
}

}  // namespace latchkey::app
