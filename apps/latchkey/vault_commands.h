// The groups of `latchkey vault` commands, each in the file of its name. vault.cpp calls them all.
#pragma once

#include "apps/latchkey/vault_access.h"

namespace latchkey::app {

void add_vault_life(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_records(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_slots(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_sharing(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_configure(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_signing(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_checkpoint(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_upkeep(CLI::App& group, const std::shared_ptr<VaultAccess>& access);
void add_vault_exchange(CLI::App& group, const std::shared_ptr<VaultAccess>& access);

// A subcommand that runs `step` of `command` and reports how it ended.
template <class Command>
CLI::App* add_step(CLI::App& parent, const char* name, const char* what, const std::shared_ptr<Command>& command,
                   Status (Command::*step)()) {
  CLI::App* const sub = parent.add_subcommand(name, what);
  sub->callback([command, step] { command->access->console().finish(((*command).*step)()); });
  return sub;
}

}  // namespace latchkey::app
