// Asking the vault's server whether the file is the newest, and telling it how far it has come.
#include "apps/latchkey/vault_commands.h"
#include "apps/latchkey/vault_output.h"

namespace latchkey::app {
namespace {

struct CheckpointCommand {
  std::shared_ptr<VaultAccess> access;

  Status run() {
    TRY(const auto opened, access->open());
    TRY_DO(opened->checkpoint());
    TRY(const auto status, opened->status());
    if (!status.checkpoint)
      return fail(Code::not_found,
                  "this vault has none; make one with: latchkey vault configure --checkpoint required");
    access->console().result(describe(*status.checkpoint), to_json(*status.checkpoint));
    return {};
  }
};

}  // namespace

void add_vault_checkpoint(CLI::App& group, const std::shared_ptr<VaultAccess>& access) {
  const auto command = std::make_shared<CheckpointCommand>(CheckpointCommand{access});
  add_step(group, "checkpoint",
           "Ask the vault's server whether the file is the newest, and tell it how far it has come", command,
           &CheckpointCommand::run);
}

}  // namespace latchkey::app
